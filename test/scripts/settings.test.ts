import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadText } from '../../image/index.ts';
import { REGISTRY_TYPES } from '../../image/schema/registry.ts';
import { graphOf } from '../../steps/index.ts';
import { root } from '../cli/ingot.ts';
import { SAMPLE, sampleText } from '../image/support.ts';
import { commandNames, nodesOf, parseScripts } from './powershell.ts';

// None of these run here: what is pinned is what must not be in them, and what two sides have to agree on.
const NAMES = 'windows-feature registry certificates time memory-dump defender cleanup lib-servicing'.split(' ');
const scripts = new Map((await parseScripts()).map((script) => [script.name.replace(/\.ps1$/, ''), script]));

function scriptOf(name: string) {
  const script = scripts.get(name);
  assert.ok(script !== undefined, name);
  return script;
}

test('no variable of a function hides one of its script: PowerShell knows no case', () => {
  for (const name of [...NAMES, 'inventory']) {
    const { text } = scriptOf(name);
    const own = [...text.matchAll(/^\$(\w+) = /gm)].map(([, variable = '']) => variable.toLowerCase());
    const inner = [...text.matchAll(/^[ \t]+\$(\w+) = |\]\$(\w+)[,)]/gm)].map(([, a, b]) =>
      (a ?? b ?? '').toLowerCase(),
    );
    assert.deepEqual(
      own.filter((variable) => inner.includes(variable) && !/preference$/.test(variable)),
      [],
      name,
    );
  }
});

test('no list is the value of an if, which would make a single value of a list of one', () => {
  for (const name of [...NAMES, 'inventory']) {
    const found = scriptOf(name).text.match(/^\s+\w+\s+= if .*$/gm) ?? [];
    assert.deepEqual(found, [], name);
  }
});

test('what changes Windows can be asked what it would change', () => {
  for (const name of NAMES.filter((one) => !one.startsWith('lib-'))) {
    const { text } = scriptOf(name);
    assert.match(text, /^param\(\[switch\]\$Test\)$/m, name);
    assert.ok(/\$Test\b/.test(text.slice(text.indexOf('Invoke-IngotScript'))), name);
    assert.match(text, /New-IngotResult -Changed/, name);
  }
  assert.doesNotMatch(scriptOf('inventory').text, /\$Test\b/);
});

test('no payload is ever removed, no package is asked in a way that repairs it, no zeroes are written', () => {
  const features = nodesOf(scriptOf('windows-feature').root, 'command').map((node) => node.text);
  const removals = features.filter((text) => text.startsWith('Uninstall-WindowsFeature'));
  assert.equal(removals.length, 1);
  assert.doesNotMatch(removals.join(), /-Remove\b/);
  const inventory = nodesOf(scriptOf('inventory').root, 'command').map((node) => node.text);
  assert.ok(inventory.every((text) => !text.includes('Win32_Product')));
  assert.doesNotMatch(scriptOf('cleanup').text, /cipher|sdelete|\/w:/i);
  assert.deepEqual(
    commandNames(scriptOf('inventory').root).filter((name) =>
      /^(Set-(?!StrictMode)|New-|Remove-|Add-|Install-)/.test(name),
    ),
    [],
  );
});

test('Defender is never turned off', () => {
  assert.doesNotMatch(scriptOf('defender').text, /Set-MpPreference|Disable\w*Monitoring|Stop-Service/);
});

test('the types of registry values and the kinds of dumps are those of the steps', async () => {
  const [, list = ''] = /\$types = @\((.*)\)/.exec(scriptOf('registry').text) ?? [];
  assert.deepEqual(
    [...list.matchAll(/'(\w+)'/g)].map(([, type]) => type),
    [...REGISTRY_TYPES],
  );
  const kinds =
    /KINDS = \{ (.*) \} as const/.exec(await readFile(join(root, 'steps/memory-dump.ts'), 'utf8'))?.[1] ?? '';
  const [, found = ''] = /\$Kinds = @\{ (.*) \}/.exec(scriptOf('memory-dump').text) ?? [];
  const pairs = (text: string) =>
    [...text.matchAll(/(\w+)\s*[:=]\s*(\d+)/g)].map(([, name, value]) => `${name} ${value}`);
  assert.equal(pairs(kinds).length, 4);
  assert.deepEqual(pairs(found), pairs(kinds));
});

test('every code that these scripts give is in docs/powershell.md', async () => {
  const page = await readFile(join(root, 'docs/powershell.md'), 'utf8');
  const codes = NAMES.flatMap((name) =>
    [...scriptOf(name).text.matchAll(/-Code '([a-z.-]+)'/g)].map(([, code = '']) => code),
  );
  assert.ok(codes.length > 12);
  for (const code of codes.filter((one) => one !== 'guest.parameters')) assert.ok(page.includes(`\`${code}\``), code);
});

test('each of them is a step’s, and enters its fingerprint', () => {
  const { image } = loadText(SAMPLE, sampleText);
  assert.ok(image !== undefined);
  const files = new Map(graphOf(image).map(({ id, files: of }) => [id, of]));
  for (const name of ['registry', 'certificates', 'time', 'memory-dump', 'defender', 'cleanup', 'inventory'])
    assert.ok(files.get(name)?.includes(`${name}.ps1`), name);
  assert.ok(files.get('features')?.includes('windows-feature.ps1'));
  assert.ok(files.get('cleanup')?.includes('defender.ps1'));
});
