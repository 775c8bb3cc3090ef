import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { IngotError } from '../../common/failure.ts';
import { GuestError } from '../../guest/errors.ts';
import { held } from '../../steps/support/defender.ts';
import { few } from '../../steps/support/few.ts';
import { countsOf, type Inventory, inOrder } from '../../steps/support/inventory.ts';
import { explained } from '../../steps/support/known-failures.ts';
import { servicingFailures } from '../../steps/support/servicing-failures.ts';
import { root } from '../cli/ingot.ts';

const empty: Inventory = {
  os: {
    build: '20348.2227',
    edition: 'ServerStandard',
    installationType: 'Server Core',
    productName: 'Windows Server',
  },
  updates: [],
  packages: [],
  features: [],
  capabilities: [],
  services: [],
  software: [],
  drivers: [],
  certificates: [],
  users: [],
  vmwareTools: '12.3.5',
  runtimes: [],
  unread: [],
};
const service = (name: string) => ({ name, startType: 'Manual', account: '' });
const names = (inventory: Inventory) => inventory.services?.map(({ name }) => name);

suite('the inventory', () => {
  test('is the same in whatever order it is told, each entry once', () => {
    const entry = fc.record({ name: fc.string(), version: fc.string(), publisher: fc.string() });
    fc.assert(
      fc.property(fc.array(entry), fc.infiniteStream(fc.nat()), (software, random) => {
        const weight = new Map(software.map((one) => [one, random.next().value ?? 0]));
        const shuffled = [...software, ...software].sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
        const [first, second] = [inOrder({ ...empty, software }), inOrder({ ...empty, software: shuffled })];
        assert.equal(JSON.stringify(first), JSON.stringify(second));
        assert.deepEqual(inOrder(first), first);
      }),
    );
  });

  test('leaves out the services of a logon, whose names change with it, and no others', () => {
    const services = ['cbdhsvc_3f2a1', 'cbdhsvc', 'CDPUserSvc_1f4b0c', 'cdpusersvc', 'my_cafe', 'W32Time'].map(service);
    assert.deepEqual(names(inOrder({ ...empty, services })), ['W32Time', 'cbdhsvc', 'cdpusersvc', 'my_cafe']);
  });

  test('has bounds, and keeps what could not be read as unread', () => {
    const long = inOrder({ ...empty, updates: Array.from({ length: 5000 }, (_, at) => `KB${at} ${'x'.repeat(999)}`) });
    assert.equal(long.updates?.length, 2000);
    assert.ok(long.updates?.every((text) => text.length <= 300));
    const unread = { ...empty, drivers: null, unread: [{ part: 'drivers', message: 'Access is denied.' }] };
    assert.deepEqual(inOrder(unread), unread);
    assert.equal('drivers' in countsOf(inOrder(unread)), false);
    assert.equal(countsOf(long).updates, 2000);
  });
});

suite('codes of scripts in words', () => {
  const failed = (code: string | undefined) =>
    new GuestError('guest.script', 'windows-feature.ps1 failed: x', {
      evidence: ['windows-feature.ps1:90'],
      script: { message: 'x', script: 'windows-feature.ps1', line: 90, category: undefined, code },
    });
  const known = servicingFailures('features', 'the features');

  test('a known one gets its words, with what the script said as evidence', async () => {
    await assert.rejects(explained(Promise.reject(failed('servicing.0x800f0954')), known), (error) => {
      assert.ok(error instanceof IngotError && error.remedy !== undefined);
      assert.equal(error.code, 'features.wsus');
      assert.match(error.message, /^expected the features, found that WSUS.* \(0x800f0954\)$/);
      assert.deepEqual(error.evidence, ['x', 'windows-feature.ps1:90']);
      assert.equal(error.retryable, false);
      return true;
    });
    await assert.rejects(explained(Promise.reject(failed('servicing.0x80072efe')), known), { retryable: true });
  });

  test('all others stay what they are', async () => {
    for (const error of [failed('servicing.0x12345678'), failed(undefined), new Error('other')])
      await assert.rejects(explained(Promise.reject(error), known), (found) => found === error);
    assert.equal(await explained(Promise.resolve(7), known), 7);
  });

  test('docs/windows-settings.md has each code of features with its codes of servicing', () => {
    const page = readFileSync(join(root, 'docs/windows-settings.md'), 'utf8');
    for (const [script, { code }] of Object.entries(known)) {
      const row = page.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${code}\``)) ?? '';
      assert.ok(row !== '', code);
      const hresult = script.replace('servicing.', '');
      if (hresult.startsWith('0x')) assert.ok(row.includes(hresult), `${code}: ${hresult}`);
    }
  });
});

test('exclusions are compared as Defender does: without regard to case and to the dot of an extension', () => {
  const state = { present: true, running: true, tamperProtected: false, hidden: false };
  const wanted = { paths: ['C:\\App'], processes: ['dockerd.exe'], extensions: ['vhdx'] };
  const found = { ...state, paths: ['c:\\app', 'C:\\other'], processes: [], extensions: ['.VHDX'] };
  assert.deepEqual(held(wanted, found), ['paths: C:\\App', 'extensions: vhdx']);
});

test('a proof has few lines, however much is proved', () => {
  const lines = Array.from({ length: 12 }, (_, at) => `line ${at}`);
  assert.deepEqual(few(lines.slice(0, 10)), lines.slice(0, 10));
  assert.deepEqual(few(lines).slice(-2), ['line 9', 'and 2 more']);
});
