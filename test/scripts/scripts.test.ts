import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { scriptFile } from '../../scripts/digest.ts';
import {
  commandNames,
  nodesOf,
  parse,
  parseScripts,
  powershellParser,
  scriptsFolder,
  syntaxErrors,
} from './powershell.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const scripts = await parseScripts();
const HEADER = [
  'Set-StrictMode -Version 3',
  "$ErrorActionPreference = 'Stop'",
  "$ProgressPreference = 'SilentlyContinue'",
];
const ALIASES = new Set(
  '% ? cat cd cp curl del dir echo foreach ft gc gci gcm gi gp iex ii irm iwr kill ls measure mkdir mv ni ps rd ren ri rm rmdir sc select set sleep sort sp start tee type wget where write'.split(
    ' ',
  ),
);

for (const { name, text, root } of scripts) {
  test(`${name} is PowerShell that can be parsed, in ASCII`, () => {
    assert.deepEqual(syntaxErrors(root), []);
    // Windows PowerShell 5.1 reads a file without byte order mark in the ANSI code page.
    assert.match(text, /^[\t\n\r\x20-\x7E]*$/);
  });

  test(`${name} begins as every script does and says what it is for`, () => {
    assert.match(text, /^# [A-Z].{20,}/);
    assert.match(text, /^\[CmdletBinding\(\)\]\nparam\(/m);
    for (const line of HEADER) assert.ok(text.includes(`\n${line}\n`), `expected the line ${line}`);
    if (name !== 'common.ps1' && !name.startsWith('lib-'))
      assert.ok(text.includes("\n. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')\n"), 'expected common.ps1');
  });

  test(`${name} uses no alias and nothing of PowerShell 7`, () => {
    assert.deepEqual(
      commandNames(root).filter((command) => ALIASES.has(command.toLowerCase())),
      [],
    );
    // && and ||; ternaries and ?? are syntax errors to the grammar.
    assert.deepEqual(
      nodesOf(root, 'pipeline_chain_tail').map((node) => node.text),
      [],
    );
  });

  test(`${name} leaves standard input to common.ps1`, () => {
    // powershell.exe takes standard input for itself as soon as a script's text names $input.
    const variables = nodesOf(root, 'variable').map((node) => node.text.toLowerCase());
    assert.ok(!variables.includes('$input'), 'expected no $input');
    if (name !== 'common.ps1') assert.doesNotMatch(text, /\[Console\]::In\b/);
  });

  test(`${name} puts no password on a command line`, () => {
    // Command lines are seen by every user and written to the event log.
    for (const node of nodesOf(root, 'command')) {
      const command = node.children.find((child) => child?.type === 'command_name')?.text ?? '';
      if (/\.exe$/i.test(command) || command === 'Invoke-Native' || command === 'New-ScheduledTaskAction')
        assert.doesNotMatch(node.text, /\$password/i, node.text);
    }
  });
}

test('the checks above see what they look for', async () => {
  const parser = await powershellParser();
  assert.notDeepEqual(syntaxErrors(parse(parser, 'if ($true) { Get-Item')), []);
  assert.deepEqual(commandNames(parse(parser, 'gci C:\\ | Select-Object -First 1')), ['gci', 'Select-Object']);
  assert.deepEqual(
    nodesOf(parse(parser, '$a = @($input)'), 'variable').map((node) => node.text),
    ['$a', '$input'],
  );
  assert.notDeepEqual(syntaxErrors(parse(parser, '$a = $b ? 1 : 2')), []);
  assert.equal(nodesOf(parse(parser, 'Get-Item C: && Get-Item D:'), 'pipeline_chain_tail').length, 1);
});

test('the scripts of the contract are the scripts that are there', async () => {
  const contract = await readFile(join(project, 'docs/guest-contract.md'), 'utf8');
  const promised = new Set([...contract.matchAll(/^\| `([a-z-]+\.ps1)` \|/gm)].map((match) => match[1]));
  assert.ok(promised.size > 10);
  const shared = [
    'bootstrap.ps1',
    'common.ps1',
    ...scripts.map(({ name }) => name).filter((n) => n.startsWith('lib-')),
  ];
  for (const name of shared) assert.ok(contract.includes(`\`${name}\``), name);
  assert.deepEqual(
    [...promised, ...shared].sort(),
    scripts.map(({ name }) => name),
  );
});

test('a script is read with its digest', async () => {
  const { bytes, sha256 } = await scriptFile('state.ps1');
  assert.deepEqual(bytes, await readFile(join(scriptsFolder, 'state.ps1')));
  assert.equal(sha256, createHash('sha256').update(bytes).digest('hex'));
  await assert.rejects(scriptFile('missing.ps1'), { code: 'guest.no-script' });
  await assert.rejects(scriptFile('../package.json'), { code: 'guest.no-script' });
});

test('every command and parameter is one of Windows PowerShell 5.1, where the checker is at hand', async () => {
  const checker = join(project, '../shared/tools/powershell-check.mjs');
  // Elsewhere the checks above stand alone; this one then only proves that it would have something to check.
  if (!existsSync(checker)) return assert.ok(scripts.length > 10);
  const { stdout, exitCode } = await execa(process.execPath, [checker, 'scripts/'], { cwd: project, reject: false });
  assert.equal(exitCode, 0, stdout);
  assert.match(stdout, /, 0 problems$/);
});
