import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { PlacedFitness } from '../../cli/preflight-report.ts';
import { wmcoRelease, wmcoReleases } from '../../handover/wmco.ts';
import { fitsOpenshift } from '../../handover/wmco-fit.ts';
import { loadText } from '../../image/index.ts';
import { ingotHere } from '../cli/here.ts';
import { emptyFolder, root, sample } from '../cli/ingot.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBmc0ODHWQCIcRyMs5zCbnbIODJhNWRWQAqVrIBlHIRn node-admin';
const SHA = '0'.repeat(64);
const docker = `docker: { version: 20.10.9, sha256: '${SHA}' }`;
const METRICS = '{ name: WindowsExporter, port: 9182 }';
const LOGS = '{ name: ContainerLogsPort, port: 10250 }';
const both = `firewall: { rules: [${LOGS}, ${METRICS}] }`;

/** The image file of a Windows node, with lines of a test. */
function imageFile(version: string, ...more: string[]): string {
  return [
    'apiVersion: ingot/v1',
    'name: windows',
    'vcenter: { server: vc.example.com, username: u, password: env:P }',
    'placement: { datacenter: d, compute: c, datastore: s, network: n }',
    'media: { iso: a.iso }',
    ...(more.some((line) => line.startsWith('windows:')) ? [] : [`windows: { version: ${version} }`]),
    ...(more.some((line) => line.startsWith('openssh:'))
      ? []
      : [`openssh: { authorizedKeys: ['${KEY}'], privateKey: env:K }`]),
    ...more,
    '',
  ].join('\n');
}

/** What does not fit, and what cannot be told: `rule: found`. */
async function fits(openshift: string, version: string, ...more: string[]) {
  const { image, problems } = loadText('/w/image.yaml', imageFile(version, ...more));
  assert.ok(image !== undefined, JSON.stringify(problems));
  const { fits: all } = await fitsOpenshift(image, openshift);
  for (const { state, rule, remedy } of all) assert.ok(state !== 'wrong' || remedy !== undefined, rule);
  const of = (wanted: string) => all.filter(({ state }) => state === wanted).map(({ rule }) => rule);
  return { wrong: of('wrong'), unknown: of('unknown') };
}

const UPDATES = 'updates: {}';

suite('what each release asks for', () => {
  for (const [openshift, version, more, wrong, unknown] of [
    ['4.9', '20H2', [docker], [], []],
    ['4.9', '2022', [docker, UPDATES], [], []],
    ['4.9', '2022', [docker], [], ['windows-build']],
    ['4.9', '20H2', [], ['runtime'], []],
    ['4.10', '20H2', [docker.replace('docker', 'containerd')], ['runtime'], []],
    ['4.11', '20H2', [], ['windows'], []],
    ['4.11', '2022', [UPDATES], [], []],
    ['4.11', '2022', [UPDATES, docker], ['runtime'], []],
    ['4.12', '2022', [UPDATES], ['port-9182'], []],
    ['4.12.44', '2022', [UPDATES, both], [], []],
    ['4.16', '2019', [both], ['windows'], []],
    ['4.21', '2025', [both], ['windows'], []],
    ['4.22', '2025', [both], [], []],
    ['4.99', '2025', [both], [], ['release']],
    ['4.7', '20H2', [], ['windows'], ['runtime', 'hardware-version', 'ports']],
    ['4.6', '2022', [], ['windows'], ['runtime', 'hardware-version', 'tools', 'ports']],
  ] as const) {
    test(`${openshift}, Windows ${version}, ${more.join(', ') || 'no more'}`, async () => {
      assert.deepEqual(await fits(openshift, version, ...more), { wrong, unknown });
    });
  }
});

suite('what no release takes', () => {
  const setting = (pass: string, name: string, value: string) =>
    `windows: { version: 20H2, unattend: { sysprep: { ${pass}: { Microsoft-Windows-Shell-Setup: { ${name}: ${value} } } } } }`;
  for (const [line, wrong, unknown] of [
    [`openssh: { authorizedKeys: ['${KEY}'], privateKey: env:K, port: 2222 }`, ['ssh-port'], []],
    [`openssh: { authorizedKeys: ['${KEY}'], privateKey: env:K, username: Administrateur }`, ['ssh-user'], []],
    [`openssh: { authorizedKeys: ['${KEY}'], privateKey: env:K, sshdConfig: { AllowUsers: me } }`, [], ['ssh-login']],
    [`openssh: { authorizedKeys: ['file:no-such.pub'], privateKey: env:K }`, [], ['ssh-keys']],
    ["tools: { excludeNics: 'vEthernet*' }", ['exclude-nics'], []],
    ['tools: { minimumVersion: 10.3.0 }', ['tools'], []],
    ['tools: { minimumVersion: 12.1 }', [], []],
    ['hardware: { nics: [{ network: other }] }', ['network-cards'], []],
    ['firewall: { rules: [] }', ['port-10250'], []],
    ['firewall: { rules: [{ name: a, port: 10000-11000 }] }', [], []],
    ['firewall: { rules: [{ name: a, port: 10250, protocol: UDP }] }', ['port-10250'], []],
    [`firewall: { rules: [${LOGS}, { name: b, port: 10250, action: Block }] }`, ['port-10250'], []],
    ['firewall: { rules: [{ name: a, port: 10250, remoteAddresses: [LocalSubnet] }] }', [], ['port-10250']],
    ['windows: { version: 20H2, sysprep: { mode: vm } }', ['sysprep'], []],
    ['windows: { version: 20H2, computerName: WinHost }', ['computer-name'], []],
    ["windows: { version: 20H2, sysprep: { computerName: '*' } }", [], ['computer-name']],
    [setting('specialize', 'ComputerName', 'UPPER'), ['computer-name'], []],
    [setting('oobeSystem', 'AutoLogon', '{ Enabled: true, Username: a, LogonCount: 1 }'), ['auto-logon'], []],
  ] as const) {
    test(line, async () => {
      assert.deepEqual(await fits('4.9', '20H2', docker, line), { wrong, unknown });
    });
  }
});

suite('ingot preflight', () => {
  test('what does not fit, with its place; several consumers at once', async (t) => {
    const folder = emptyFolder(t);
    const file = join(folder, 'image.yaml');
    await writeFile(file, imageFile('20H2', docker, 'tools:', '  excludeNics: vEthernet*'));
    const words = ['preflight', '--for', 'openshift:4.9', '--for', 'openshift:4.12', file];
    const { code, stdout, stderr } = await ingotHere([...words, '--json']);
    assert.equal(code, 1, stderr);
    const found: PlacedFitness[] = JSON.parse(stdout);
    assert.deepEqual(
      found.map(({ consumer, fits: all }) => [
        consumer,
        ...all
          .filter(({ state }) => state === 'wrong')
          .map(({ rule, place }) => `${rule} ${place?.slice(folder.length)}`),
      ]),
      [
        ['openshift:4.9', 'exclude-nics /image.yaml:10:16'],
        [
          'openshift:4.12',
          'windows /image.yaml:6:21',
          'runtime /image.yaml:8:9',
          'exclude-nics /image.yaml:10:16',
          'port-9182 /image.yaml:1:1',
        ],
      ],
    );
    const table = await ingotHere(words);
    assert.equal(table.code, 1);
    assert.match(table.stdout, /^ {2}wrong {4}exclude-nics {6}expected an empty exclude-nics/m);
    assert.match(table.stdout, /^ +\S+\/image\.yaml:10:16 set tools\.excludeNics/m);
    assert.match(table.stdout, /^ {2}1 of 14 rules wrong\.$/m);
  });

  test('the sample fits the OpenShift that it is made for; the version may stand in the image file', async (t) => {
    const folder = emptyFolder(t);
    const key = join(folder, 'key');
    await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const at = ['--var', `public_key=${key}.pub`];
    const { code, stdout, stderr } = await ingotHere(['preflight', '--for', 'openshift:4.9', sample, ...at]);
    assert.equal(code, 0, stderr + stdout);
    assert.match(stdout, /Nothing is wrong \(14 rules\)\.\n$/);
    const file = join(folder, 'image.yaml');
    await writeFile(file, `${imageFile('2022', both)}handover: { openshift: { version: 4.20 } }\n`);
    const named = await ingotHere(['preflight', '--for', 'openshift', file]);
    assert.equal(named.code, 0, named.stderr);
    assert.match(named.stdout, /^openshift:4\.20\n/);
  });

  test('no consumer, an unknown one, a version that is missing or unknown', async () => {
    for (const [words, code, message] of [
      [[], 2, /required option '--for <consumer>'/],
      [['--for', 'nomad:1.0'], 2, /Expected one of openshift/],
      [['--for', 'openshift:new'], 2, /openshift:4\.9/],
      [['--for', 'openshift'], 1, /expected handover\.openshift\.version .*\(handover\.missing-fact\)/],
      [['--for', 'openshift:3.11'], 1, /from 4\.6 on, found 3\.11 \(handover\.unknown-release\)/],
    ] as const) {
      const ended = await ingotHere(['preflight', ...words, sample]);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, message);
    }
  });
});

test('docs/openshift-nodes.md has the table of releases', async () => {
  const text = await readFile(join(root, 'docs/openshift-nodes.md'), 'utf8');
  const none = '-';
  for (const { openshift, operator, windows, runtime, ports, hardware, tools } of wmcoReleases) {
    const listed = windows.map(
      ({ version, until, from, build }) =>
        version +
        (build === undefined ? '' : ` (${build})`) +
        (from === undefined ? '' : ` from ${from}`) +
        (until === undefined ? '' : ` until ${until}`),
    );
    const cells = [
      openshift,
      operator,
      listed.join(', ') || none,
      runtime === undefined ? none : { docker: 'Docker', operator: 'none' }[runtime],
      ports?.map(({ port }) => port).join(', ') ?? none,
      hardware === undefined ? none : `${hardware.minimum}${hardware.required ? '' : ', recommended'}`,
      tools ?? none,
    ];
    assert.ok(text.includes(`\n| ${cells.join(' | ')} |\n`), cells.join(' | '));
  }
  assert.equal(text.match(/^\| 4\.\d+ \|/gm)?.length, wmcoReleases.length);
});

test('releases are told apart by number, not by text', () => {
  assert.equal(wmcoRelease('4.10').release.openshift, '4.10');
  assert.equal(wmcoRelease('4.9.1').release.openshift, '4.9');
  assert.ok(wmcoRelease('5.0').newer);
  assert.throws(() => wmcoRelease('4.5'), { code: 'handover.unknown-release' });
});
