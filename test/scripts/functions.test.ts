import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Node } from 'web-tree-sitter';
import { nodesOf, parse, parseScripts, powershellParser, scriptsFolder } from './powershell.ts';

// PowerShell finds a misspelt parameter when the line is run, and no sooner. These lines run on Windows only.
const scripts = await parseScripts();
const tests = await parseTests();
const COMMON = new Set(
  'verbose debug erroraction warningaction informationaction errorvariable outvariable'.split(' '),
);

/** Functions that a file may call: its own, and those of what it dot-sources. */
function functionsOf(...roots: readonly Node[]): Map<string, Set<string>> {
  return new Map(
    roots.flatMap((root) =>
      nodesOf(root, 'function_statement').map((node): [string, Set<string>] => [
        node.children.find((child) => child?.type === 'function_name')?.text.toLowerCase() ?? '',
        parametersOf(node),
      ]),
    ),
  );
}

function parametersOf(declared: Node): Set<string> {
  const block = nodesOf(declared, 'param_block')[0];
  if (block === undefined) return new Set();
  return new Set(
    nodesOf(block, 'script_parameter').map((parameter) => {
      const variables = parameter.children.filter((child) => child?.type === 'variable');
      return variables[0]?.text.replace(/^\$/, '').toLowerCase() ?? '';
    }),
  );
}

/** Calls of known functions with a parameter that they do not have, as "line: function -parameter". */
function misspelt(root: Node, known: ReadonlyMap<string, Set<string>>): string[] {
  return nodesOf(root, 'command').flatMap((command) => {
    const called = command.children.find((child) => child?.type === 'command_name')?.text ?? '';
    const parameters = known.get(called.toLowerCase());
    if (parameters === undefined) return [];
    return ownParameters(command)
      .filter((name) => !parameters.has(name) && !COMMON.has(name))
      .map((name) => `${command.startPosition.row + 1}: ${called} -${name}`);
  });
}

function ownParameters(command: Node): string[] {
  return nodesOf(command, 'command_parameter')
    .filter((node) => {
      let owner = node.parent;
      while (owner !== null && owner.type !== 'command') owner = owner.parent;
      return owner?.id === command.id;
    })
    .map((node) => node.text.replace(/^-/, '').replace(/:$/, '').toLowerCase());
}

function roots(pattern: RegExp): Node[] {
  return scripts.filter(({ name }) => pattern.test(name)).map(({ root }) => root);
}

async function parseTests(): Promise<{ name: string; text: string; root: Node }[]> {
  const parser = await powershellParser();
  const folder = join(scriptsFolder, 'test');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ps1'));
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return { name, text, root: parse(parser, text) };
    }),
  );
}

for (const { name, root } of scripts) {
  test(`${name} calls ingot's own functions with parameters that they have`, () => {
    const known = functionsOf(...roots(/^(?:common|lib-.*|bootstrap)\.ps1$/), root);
    assert.deepEqual(misspelt(root, known), []);
  });
}

const harness = tests.find(({ name }) => name === 'harness.ps1')?.root;
assert.ok(harness !== undefined);

for (const { name, text, root } of tests) {
  // The functions of a script itself are there only where the test takes them out of it.
  const taken = [...text.matchAll(/Get-ScriptFunctionText -Name '([a-z-]+\.ps1)'/g)].map(([, script = '']) => script);
  const known = functionsOf(
    ...roots(/^(?:common|lib-.*)\.ps1$/),
    ...scripts.filter((script) => taken.includes(script.name)).map((script) => script.root),
    harness,
    root,
  );

  test(`${name} calls functions with parameters that they have`, () => {
    assert.deepEqual(misspelt(root, known), []);
  });

  test(`${name} mocks commands that are there to be mocked`, async () => {
    const table = await readFile(join(scriptsFolder, 'test/windows-commands.psd1'), 'utf8');
    const mocked = [...text.matchAll(/Pester\\(?:Mock|Should -Invoke) -CommandName ([A-Za-z]+-[A-Za-z]+)/g)];
    const missing = mocked
      .map(([, command = '']) => command)
      .filter((command) => !known.has(command.toLowerCase()) && !table.includes(`'${command}' `))
      .filter(
        (command) =>
          !/^(?:Get-ChildItem|Get-Command|Get-Item|New-Item|New-Object|Remove-Item|Start-Sleep|Test-Path)$/.test(
            command,
          ),
      );
    assert.deepEqual(missing, []);
  });
}

test('the checks above see what they look for', async () => {
  const parser = await powershellParser();
  const text = 'function Get-X { param([string]$Name = $env:X, [switch]$All) }\nGet-X -Nmae y -All -ErrorAction Stop';
  const root = parse(parser, text);
  assert.deepEqual([...(functionsOf(root).get('get-x') ?? [])], ['name', 'all']);
  assert.deepEqual(misspelt(root, functionsOf(root)), ['2: Get-X -nmae']);
});
