import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Language, type Node, Parser } from 'web-tree-sitter';

export const scriptsFolder = fileURLToPath(new URL('../../scripts/', import.meta.url));

export interface Script {
  readonly name: string;
  readonly text: string;
  readonly root: Node;
}

/** All scripts, parsed by tree-sitter's grammar of PowerShell. */
export async function parseScripts(): Promise<Script[]> {
  const parser = await powershellParser();
  const names = (await readdir(scriptsFolder)).filter((name) => name.endsWith('.ps1')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(scriptsFolder, name), 'utf8');
      return { name, text, root: parse(parser, text) };
    }),
  );
}

export async function powershellParser(): Promise<Parser> {
  await Parser.init();
  const grammar = dirname(createRequire(import.meta.url).resolve('tree-sitter-powershell/package.json'));
  const parser = new Parser();
  parser.setLanguage(await Language.load(await readFile(join(grammar, 'tree-sitter-powershell.wasm'))));
  return parser;
}

export function parse(parser: Parser, text: string): Node {
  const tree = parser.parse(text);
  if (tree === null) throw new Error('no tree');
  return tree.rootNode;
}

export function nodesOf(root: Node, ...types: string[]): Node[] {
  return root.descendantsOfType(types).filter((node) => node !== null);
}

/** The names of the commands a script calls. */
export function commandNames(root: Node): string[] {
  return nodesOf(root, 'command_name').map((node) => node.text);
}

/** Places where the grammar found no PowerShell, as line numbers. */
export function syntaxErrors(node: Node): number[] {
  if (!node.hasError) return [];
  if (node.isError || node.isMissing) return [node.startPosition.row + 1];
  return node.children.flatMap((child) => (child === null ? [] : syntaxErrors(child)));
}
