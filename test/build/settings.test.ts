import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Failure } from '../../common/failure.ts';
import { readScenario } from '../../lab/scenario.ts';
import { root } from '../cli/ingot.ts';
import { assertDone, assertFailed, type Built } from './built.ts';
import { type Changes, openSite } from './site.ts';
import { readVm } from './vm.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;
const SECRET = 'hunter2-in-the-registry';
const goesOn = /^VM \/DC0\/vm\/[a-z0-9-]+-master \(poweredOn\): the next build goes on with it$/;

/** A root that openssl makes, beside the image files. */
function makeRoot(name: string): void {
  const files = ['-keyout', join(site.folder, `${name}.key`), '-out', join(site.folder, `${name}.pem`)];
  const what = ['-subj', '/CN=Example Root', '-addext', 'basicConstraints=critical,CA:TRUE', '-days', '30'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...what], { stdio: 'ignore' });
}
makeRoot('root');

const everything: Changes = {
  features: { install: ['SNMP', 'Hyper-V'], remove: ['XPS-Viewer'] },
  capabilities: ['OpenSSH.Client~~~~0.0.1.0'],
  time: { ntp: ['ntp1.example.com', '10.0.0.3'], pollInterval: '15m' },
  certificates: [{ file: './root.pem' }],
  registry: [
    { path: 'HKLM\\SOFTWARE\\Example', name: 'Server', type: 'String', value: 'app.example.com' },
    { path: 'HKLM\\SOFTWARE\\Example', name: 'Token', type: 'String', value: { secret: 'env:THE_TOKEN' } },
    { path: 'HKLM\\SOFTWARE\\Example', name: 'Limit', type: 'QWord', value: '0xffffffffffffffff' },
    { path: 'HKLM\\SOFTWARE\\Example', name: 'Names', type: 'MultiString', value: ['a', 'b'] },
    { path: 'HKU\\Default\\Software\\Example', name: 'On', type: 'DWord', value: 1 },
    { path: 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion', name: 'InstallationType', absent: true },
  ],
  defender: { exclusions: { paths: ['C:\\ProgramData\\docker'], processes: ['dockerd.exe'], extensions: ['.vhdx'] } },
  memoryDump: 'kernel',
  pageFile: '4GiB',
  cleanup: { componentStore: 'reset-base', eventLogs: true },
};

async function inventoryOf(built: Built) {
  const file = built.proof('inventory').find((line) => line.endsWith('inventory.json')) ?? '';
  const text = await readFile(join(site.folder, file), 'utf8');
  return { file, text, json: JSON.parse(text) };
}

suite('what Windows is set to', () => {
  test('all of it in one build, each read back; the secret shows nowhere', async () => {
    await lab.faults.scenario({});
    const file = await site.image('settings', everything);
    const built = await site.build(file, { env: { THE_TOKEN: SECRET } });
    assertDone(built);
    const inside = built.ran.slice(built.ran.indexOf('tools-conf') + 1, built.ran.indexOf('master'));
    assert.deepEqual(inside, [
      ...['time', 'certificates', 'defender', 'features', 'docker', 'firewall', 'registry', 'memory-dump', 'motd'],
      ...['cleanup', 'inventory'],
    ]);
    assert.deepEqual(built.proof('features'), [
      'SNMP: Installed',
      'Hyper-V: Installed',
      'XPS-Viewer: Available',
      'OpenSSH.Client~~~~0.0.1.0: Installed',
    ]);
    assert.match(built.proof('time').join(), /^NTP from ntp1\.example\.com,0x9 10\.0\.0\.3,0x9, service Running, Auto/);
    assert.match(built.proof('certificates').join(), /^Root: Example Root, SHA-256 [0-9a-f]{16}…$/);
    assert.deepEqual(built.proof('registry').slice(0, 2), [
      'HKLM\\SOFTWARE\\Example: Server String',
      'HKLM\\SOFTWARE\\Example: Token String',
    ]);
    assert.ok(
      built.proof('registry').includes('HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion: no InstallationType'),
    );
    assert.deepEqual(built.proof('memory-dump'), [
      'memory dump kernel, restart after it',
      'page file C:\\pagefile.sys 4096 to 4096 MiB',
    ]);
    assert.equal(built.proof('defender').length, 3);
    assert.match(
      built.proof('cleanup').join('\n'),
      /^900 MiB freed, [\s\S]*\nevent logs: 7 emptied\n[\s\S]*no exclusion of/,
    );

    const { text, json } = await inventoryOf(built);
    assert.deepEqual(json.features, ['Containers', 'Hyper-V', 'SNMP']);
    assert.deepEqual(json.capabilities, ['OpenSSH.Client~~~~0.0.1.0', 'OpenSSH.Server~~~~0.0.1.0']);
    const record: { output: { sha256: string; counts: { features: number } } } = JSON.parse(
      String(
        (await readVm(site, 'settings-master')).config.extraConfig.find(({ key }) => key === 'ingot.step.inventory')
          ?.value,
      ),
    );
    assert.equal(record.output.sha256, createHash('sha256').update(text).digest('hex'));
    assert.equal(record.output.counts.features, 3);

    const kept = await readdir(join(site.folder, '.ingot'), { recursive: true, withFileTypes: true });
    const texts = kept.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name)));
    const all = Buffer.concat([...(await Promise.all(texts)), Buffer.from(built.stdout + built.stderr)]).toString(
      'latin1',
    );
    assert.ok(all.includes('registry') && !all.includes(SECRET));
    assert.ok(!JSON.stringify((await readVm(site, 'settings-master')).config).includes(SECRET));

    const again = await site.build(file, { env: { THE_TOKEN: SECRET } });
    assertDone(again);
    assert.ok(again.cached.includes('registry') && again.cached.includes('inventory'), again.cached.join());
  });

  test('the same Windows gives the same inventory, whatever the order in which Windows tells it', async () => {
    await lab.faults.scenario({});
    const [a, b] = [await site.build(await site.image('twin-a')), await site.build(await site.image('twin-b'))];
    assertDone(a);
    const [first, second] = [await inventoryOf(a), await inventoryOf(b)];
    assert.equal(first.text, second.text);
    assert.match(first.file, /^\.ingot\/twin-a\/[^/]+\/inventory\.json$/);
    assert.ok(first.text.includes('"cbdhsvc"') && !first.text.includes('cbdhsvc_'));
  });

  test('exclusions for the build end in a build that goes on with another, too', async () => {
    await lab.faults.scenario({ scripts: { 'cleanup.ps1': { fails: 'broken off', times: 1 } } });
    const file = await site.image('goes-on', { defender: { exclusions: { paths: ['C:\\app'] } } });
    assert.equal((await site.build(file)).end.failure?.message, 'cleanup.ps1 failed: broken off');
    const again = await site.build(file);
    assertDone(again);
    assert.ok(again.cached.includes('defender'), again.cached.join());
    assert.match(again.proof('cleanup').join('\n'), /no exclusion of the build is left/);
  });
});

interface Case extends Pick<Failure, 'code'> {
  readonly scenario: string;
  readonly changes: Changes;
  readonly step: string;
  readonly message: RegExp;
  readonly remedy: RegExp;
  readonly evidence?: RegExp;
}

const value = { path: 'HKLM\\SOFTWARE\\Example', name: 'Server', type: 'String', value: 'x' };
const snmp: Changes = { features: { install: ['SNMP'] } };
const ntp: Changes = { time: { ntp: ['ntp.example.com'] } };

suite('what Windows refuses', () => {
  for (const { scenario, changes, ...expected } of [
    {
      scenario: 'feature-payload-removed',
      changes: snmp,
      step: 'features',
      code: 'features.payload-removed',
      message: /found that their payload is not on its disk \(0x800f081f\)$/,
      remedy: /features\.source/,
      evidence: /Installing SNMP/,
    },
    {
      scenario: 'feature-rolled-back',
      changes: snmp,
      step: 'features',
      code: 'features.rolled-back',
      message: /an installer inside Windows failed/,
      remedy: /CBS\.log/,
    },
    {
      scenario: 'capability-access-denied',
      changes: { capabilities: ['OpenSSH.Client~~~~0.0.1.0'] },
      step: 'features',
      code: 'features.access-denied',
      message: /access denied \(0x80070005\)$/,
      remedy: /ran as SYSTEM/,
    },
    {
      scenario: 'cleanup-disk-full',
      changes: {},
      step: 'cleanup',
      code: 'cleanup.disk-full',
      message: /the component store to be cleaned, found that the disk is full/,
      remedy: /hardware\.disk/,
    },
    {
      scenario: 'certificate-refused',
      changes: { certificates: [{ file: './root.pem' }] },
      step: 'certificates',
      code: 'certificates.store-refused',
      message: /found that it refused one$/,
      remedy: /policy that protects the store/,
      evidence: /^Access is denied\.$/m,
    },
    {
      scenario: 'certificate-vanishes',
      changes: { certificates: [{ file: './root.pem' }] },
      step: 'certificates',
      code: 'certificates.missing',
      message: /the certificate of Example Root in the store Root/,
      remedy: /takes certificates back/,
    },
    {
      scenario: 'time-service-disabled',
      changes: ntp,
      step: 'time',
      code: 'time.service-disabled',
      message: /disabled again at once$/,
      remedy: /policy of system services/,
    },
    {
      scenario: 'time-policy',
      changes: ntp,
      step: 'time',
      code: 'time.policy',
      message: /one that wins/,
      remedy: /leave `time` out/,
    },
    {
      scenario: 'registry-denied',
      changes: { registry: [value] },
      step: 'registry',
      code: 'registry.access-denied',
      message: /one that he may not write$/,
      remedy: /TrustedInstaller/,
      evidence: /HKEY_LOCAL_MACHINE\\SOFTWARE\\Example/,
    },
    {
      scenario: 'registry-reset',
      changes: { registry: [value] },
      step: 'registry',
      code: 'registry.value',
      message: /found others$/,
      remedy: /policy/,
      evidence: /^HKLM\\SOFTWARE\\Example, value Server: not there$/m,
    },
    {
      scenario: 'defender-tamper-protected',
      changes: { defender: { exclusions: { paths: ['C:\\app'] } } },
      step: 'defender',
      code: 'defender.exclusions',
      message: /found some missing$/,
      remedy: /tamper protection/,
    },
  ] satisfies Case[]) {
    test(`${scenario}: ${expected.code}; the next build goes on`, async () => {
      await lab.faults.scenario(await readScenario(join(root, 'lab/scenarios', `${scenario}.yaml`)));
      const file = await site.image(scenario, changes);
      assertFailed(await site.build(file), { ...expected, left: [goesOn] });
      await lab.faults.scenario({});
      const again = await site.build(file);
      assertDone(again);
      assert.ok(again.cached.includes('tools-conf') && again.ran.includes(expected.step));
    });
  }
});

suite('what is mended or only told', () => {
  const built = async (scenario: string, changes: Changes) => {
    await lab.faults.scenario(await readScenario(join(root, 'lab/scenarios', `${scenario}.yaml`)));
    const found = await site.build(await site.image(scenario, changes));
    assertDone(found);
    return found;
  };
  const restarts = (found: Built, step: string) =>
    found.of('step-log').filter((event) => event.step === step && event.message.startsWith('Windows has restarted'))
      .length;

  test('a feature that wants two restarts gets them', async () => {
    const found = await built('feature-two-restarts', { features: { install: ['Hyper-V'] } });
    assert.equal(restarts(found, 'features'), 2);
    assert.deepEqual(found.proof('features'), ['Hyper-V: Installed']);
  });

  test('a restart that servicing waits for is made, and the component store cleaned after it', async () => {
    const found = await built('cleanup-pending-restart', {});
    assert.equal(restarts(found, 'cleanup'), 1);
    assert.match(found.proof('cleanup').join('\n'), /component store: \d+ bytes freed\ndisk: trimmed/);
  });

  test('no Defender: a warning', async () => {
    const found = await built('defender-absent', { defender: { exclusions: { paths: ['C:\\app'] } } });
    assert.match(
      JSON.stringify(found.events.filter(({ type }) => type.includes('warning'))),
      /Defender is not in this/,
    );
    assert.deepEqual(found.proof('defender'), ['Defender is not installed']);
  });

  test('what the inventory could not read is null, and a warning', async () => {
    const found = await built('inventory-unread', {});
    assert.ok(found.proof('inventory').includes('not read: drivers'));
    assert.equal((await inventoryOf(found)).json.drivers, null);
  });
});
