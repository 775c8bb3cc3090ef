import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Node } from 'web-tree-sitter';
import { nodesOf, parse, powershellParser, scriptsFolder } from './powershell.ts';

// What the grammar takes and PowerShell does not: it refuses a file with a key or a parameter that is there twice as a whole.
const parser = await powershellParser();

/** Places of what stands twice among its like, as "line: text"; PowerShell does not tell upper from lower case. */
function twice(root: Node): string[] {
  const found: string[] = [];
  const look = (nodes: readonly (Node | undefined)[]) => {
    const seen = new Set<string>();
    for (const node of nodes) {
      const text = node?.text.toLowerCase().replace(/^(['"])(.*)\1$/, '$2');
      if (node === undefined || text === undefined) continue;
      if (seen.has(text)) found.push(`${node.startPosition.row + 1}: ${text}`);
      seen.add(text);
    }
  };
  for (const table of nodesOf(root, 'hash_literal_body'))
    look(childrenOf(table, 'hash_entry').map((entry) => childrenOf(entry)[0]));
  for (const list of nodesOf(root, 'parameter_list'))
    look(childrenOf(list, 'script_parameter').map((parameter) => childrenOf(parameter, 'variable')[0]));
  for (const command of nodesOf(root, 'command_elements')) look(childrenOf(command, 'command_parameter'));
  return found;
}

function childrenOf(node: Node, type?: string): Node[] {
  return node.namedChildren
    .filter((child) => child !== null)
    .filter((child) => type === undefined || child.type === type);
}

for (const folder of [scriptsFolder, join(scriptsFolder, 'test')]) {
  const names = (await readdir(folder)).filter((name) => /\.ps1$|\.psd1$/.test(name));
  for (const name of names.sort()) {
    test(`${name} gives no key and no parameter twice`, async () => {
      assert.deepEqual(twice(parse(parser, await readFile(join(folder, name), 'utf8'))), []);
    });
  }
}

test('the check above sees what it looks for', () => {
  const text = "function Get-X { param($A, [string]$a) }\nGet-X -B 1 -b 2\n@{ k = 1\n 'K' = @{ k = 2 } }";
  assert.deepEqual(twice(parse(parser, text)).toSorted(), ['1: $a', '2: -b', '4: k']);
});
