import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Changes } from '../build/site.ts';
import { openSite } from '../build/site.ts';
import { ingotHere } from '../cli/here.ts';
import { PATH } from '../lab/support/tools.ts';

const site = await openSite();

/** The fingerprints of a plan that does not look at vCenter, by step. */
async function prints(changes: Changes, env: Readonly<Record<string, string>> = {}): Promise<Map<string, string>> {
  const file = await site.image('printed', changes);
  const all = { PATH, ...site.lab.env, ...env };
  const { code, stdout, stderr } = await ingotHere(['plan', file, '--offline', '--json'], all);
  assert.equal(code, 0, stderr);
  const steps: { step: string; fingerprint: string }[] = JSON.parse(stdout);
  return new Map(steps.map(({ step, fingerprint }) => [step, fingerprint]));
}

/** The first of the steps that differ, in the order of the plan; undefined if none does. */
function firstChange(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string | undefined {
  return [...b.keys()].find((id) => a.get(id) !== b.get(id));
}

const before = await prints({});

suite('what changes the result is in the fingerprint of the step that it changes', () => {
  for (const [step, changes] of [
    ['inspect-media', { windows: { edition: 'Datacenter' } }],
    ['inspect-media', { hardware: { firmware: 'bios' } }],
    ['answer-disc', { windows: { computerName: 'other' } }],
    ['answer-disc', { media: { files: [{ from: './printed.yaml', to: 'a.yaml' }] } }],
    ['answer-disc', { media: { files: [{ from: import.meta.filename, to: 'a' }], drivers: ['a'] } }],
    ['answer-disc', { windows: { timeZone: 'W. Europe Standard Time' } }],
    ['answer-disc', { windows: { inputLocale: 'de-DE' } }],
    ['answer-disc', { openssh: { port: 2222 } }],
    ['answer-disc', { windows: { recoveryPartition: true } }],
    ['answer-disc', { windows: { network: { dnsSuffix: 'example.com' } } }],
    ['answer-disc', { windows: { unattend: { install: { specialize: { A: { b: 1 } } } } } }],
    ['upload-media', { media: { toolsIso: '[LocalDS_0] other.iso' } }],
    ['create-vm', { hardware: { disk: '80GiB' } }],
    ['create-vm', { hardware: { memory: '16GiB' } }],
    ['create-vm', { hardware: { secureBoot: false } }],
    ['vmware-tools', { tools: { minimumVersion: '12.0.0' } }],
    ['tools-conf', { tools: { excludeNics: 'vEthernet*' } }],
    ['windows-updates', { updates: {} }],
    ['docker', { docker: { version: '20.10.10' } }],
    ['firewall', { firewall: { rules: [{ name: 'ContainerLogsPort', port: 10251, protocol: 'TCP' }] } }],
    ['motd', { steps: [{ name: 'motd', powershell: "Write-Output 'x'" }] }],
    ['time', { time: { ntp: ['ntp.example.com'] } }],
    ['defender', { defender: { exclusions: { paths: ['C:\\app'] } } }],
    ['features', { features: { install: ['SNMP'] } }],
    ['features', { capabilities: ['OpenSSH.Client~~~~0.0.1.0'] }],
    ['registry', { registry: [{ path: 'HKLM\\X', name: 'a', type: 'DWord', value: 1 }] }],
    ['memory-dump', { memoryDump: 'small' }],
    ['memory-dump', { pageFile: '4GiB' }],
    ['cleanup', { cleanup: { componentStore: 'none' } }],
    ['clone', { template: { folder: 'elsewhere' } }],
    ['sysprep', { windows: { sysprep: { computerName: '*' } } }],
    ['sysprep', { windows: { sysprep: { extendOsPartition: true } } }],
    ['sysprep', { windows: { sysprep: { network: { dnsSuffixes: ['example.com'] } } } }],
    ['sysprep', { windows: { sysprep: { domainJoin: { workgroup: 'NODES' } } } }],
    ['sysprep', { windows: { unattend: { sysprep: { specialize: { A: { b: 1 } } } } } }],
    ['seal', { template: { notes: 'Other notes' } }],
    ['smoke-test', { smokeTest: { clone: 'full' } }],
    ['smoke-test', { smokeTest: { network: 'DC0_DVPG0' } }],
  ] as const) {
    test(`${step}: ${JSON.stringify(changes)}`, async () =>
      assert.equal(firstChange(before, await prints(changes)), step));
  }

  test('a secret counts by its value, not by its name', async () => {
    const windows = { administratorPassword: 'env:THE_PASSWORD', productKey: 'env:THE_KEY' };
    const with1 = { THE_PASSWORD: 'Passw0rd-1', THE_KEY: 'N2KJX-J94YW-TQVFB-DG9YT-724CC' };
    const first = await prints({ windows }, with1);
    assert.equal(firstChange(first, await prints({ windows }, with1)), undefined);
    const password = { ...with1, THE_PASSWORD: 'Passw0rd-2' };
    assert.equal(firstChange(first, await prints({ windows }, password)), 'sysprep');
    const key = { ...with1, THE_KEY: '6NMRW-2C8FM-D24W7-TQWMY-CWH2D' };
    assert.equal(firstChange(first, await prints({ windows }, key)), 'answer-disc');
  });

  for (const [step, windows] of [
    ['answer-disc', { unattend: { install: { specialize: { A: { b: [{ secret: 'env:THE_SECRET' }] } } } } }],
    ['sysprep', { unattend: { sysprep: { specialize: { A: { b: { secret: 'env:THE_SECRET' } } } } } }],
    ['sysprep', { sysprep: { domainJoin: { domain: 'd', machinePassword: 'env:THE_SECRET' } } }],
    ['sysprep', { sysprep: { domainJoin: { accountData: 'env:THE_SECRET' } } }],
    [
      'sysprep',
      { sysprep: { domainJoin: { domain: 'd', credentials: { username: 'a', password: 'env:THE_SECRET' } } } },
    ],
  ] as const) {
    test(`the same for ${JSON.stringify(windows)}`, async () => {
      const first = await prints({ windows }, { THE_SECRET: 'secret-1' });
      assert.equal(firstChange(first, await prints({ windows }, { THE_SECRET: 'secret-1' })), undefined);
      assert.equal(firstChange(first, await prints({ windows }, { THE_SECRET: 'secret-2' })), step);
    });
  }
});

test('a secret in the registry counts by its value', async () => {
  const registry = [{ path: 'HKLM\\X', name: 'a', type: 'String', value: { secret: 'env:THE_SECRET' } }];
  const first = await prints({ registry }, { THE_SECRET: 'secret-1' });
  assert.equal(firstChange(first, await prints({ registry }, { THE_SECRET: 'secret-1' })), undefined);
  assert.equal(firstChange(first, await prints({ registry }, { THE_SECRET: 'secret-2' })), 'registry');
});

suite('what does not change the result is in none', () => {
  test('how many rounds of updates there may be', async () => {
    const few = await prints({ updates: { rounds: 2 } });
    assert.equal(firstChange(few, await prints({ updates: { rounds: 9 } })), undefined);
    assert.equal(firstChange(few, await prints({ updates: { rounds: 2, exclude: ['KB5034439'] } })), 'windows-updates');
  });

  for (const changes of [
    { smokeTest: { timeout: '5m', keepOnFailure: true } },
    { media: { edition: '1' } },
    { timeouts: { install: '10m', task: '1m', clone: '1m' } },
    { template: { name: 'printed', keep: 7 } },
    { vcenter: { server: 'another.example.com' } },
  ]) {
    test(JSON.stringify(changes), async () => assert.equal(firstChange(before, await prints(changes)), undefined));
  }
});
