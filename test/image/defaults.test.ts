import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Image, loadText } from '../../image/index.ts';
import { edit, SAMPLE } from './support.ts';

const FOLDER = dirname(SAMPLE);

/** Only what has no default. */
const LEAST = `
apiVersion: ingot/v1
name: least
vcenter: { server: vc.example.com, username: me, password: env:P }
placement: { datacenter: DC, compute: C, datastore: DS, network: N }
media: { iso: windows.iso }
windows: { version: 20H2 }
openssh: { authorizedKeys: ['file:key.pub'], privateKey: env:K }
`;

function load(text: string): Image {
  const { image, problems } = loadText(SAMPLE, text);
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(image);
  return image;
}

const change = (from: string, to: string) => load(LEAST.replace(from, to));

test('the defaults are what the procedure asks for', () => {
  const image = load(LEAST);
  const GIB = 1024 ** 3;
  assert.deepEqual(image.hardware, {
    cpus: 4,
    coresPerSocket: 1,
    memory: 8 * GIB,
    disk: 60 * GIB,
    firmware: 'efi',
    secureBoot: true,
    version: 15,
    diskController: 'pvscsi',
    nic: 'vmxnet3',
    guestIds: ['windows9Server64Guest'],
    extraDisks: [],
    nics: [{ network: 'N' }],
  });
  assert.deepEqual(image.firewall.rules, [
    { name: 'ContainerLogsPort', port: 10250, protocol: 'TCP', direction: 'Inbound', action: 'Allow' },
  ]);
  assert.deepEqual(image.tools, { minimumVersion: '11.0.6', excludeNics: '' });
  assert.equal(image.windows.installationType, 'Server Core');
  assert.equal(image.windows.productKey, 'kms');
  assert.equal(image.windows.administratorPassword, undefined);
  assert.equal(image.updates, 'none');
  assert.equal(image.openssh.port, 22);
  assert.equal(image.template.name, 'least');
  assert.deepEqual([image.timeouts.install, image.timeouts.updates, image.timeouts.sysprep], [3.6e6, 1.44e7, 1.8e6]);
  assert.deepEqual([image.docker, image.containerd, image.steps], [undefined, undefined, []]);
});

test('guest OS ids follow the Windows and the hardware version, the best first', () => {
  const ids = (version: string, hardware: number) =>
    change('version: 20H2 }', `version: ${version} }\nhardware: { version: ${hardware} }`).hardware.guestIds;
  assert.deepEqual(ids('2019', 15), ['windows9Server64Guest']);
  assert.deepEqual(ids('2019', 17), ['windows2019srv_64Guest', 'windows9Server64Guest']);
  assert.deepEqual(ids('20H2', 22), ['windows2019srv_64Guest', 'windows9Server64Guest']);
  assert.equal(ids('2022', 19)[0], 'windows2019srvNext_64Guest');
  assert.equal(ids('2025', 20)[0], 'windows2022srvNext_64Guest');
  assert.deepEqual(ids('2025', 19), ['windows2019srvNext_64Guest', 'windows2019srv_64Guest', 'windows9Server64Guest']);
});

test('the build of Windows follows its version', () => {
  const builds = ['2019', '20H2', '2022', '2025'].map((version) => change('20H2', version).windows.build);
  assert.deepEqual(builds, [17763, 19042, 20348, 26100]);
});

test('secure boot follows the firmware', () => {
  assert.equal(change('windows:', 'hardware: { firmware: bios }\nwindows:').hardware.secureBoot, false);
  assert.equal(change('windows:', 'hardware: { secureBoot: false }\nwindows:').hardware.secureBoot, false);
});

test('the Windows ISO is a local file, a URL, a datastore file or a library item; local paths become absolute', () => {
  const iso = (value: string) => change('windows.iso', value).media.iso;
  assert.deepEqual(iso('w.iso'), { kind: 'file', path: `${FOLDER}/w.iso` });
  assert.deepEqual(iso("'[ds 1] iso/w.iso'"), { kind: 'datastore', path: '[ds 1] iso/w.iso' });
  assert.deepEqual(iso("'library:Windows ISOs/2022'"), { kind: 'library', library: 'Windows ISOs', item: '2022' });
  const url = 'https://example.com/w.iso';
  assert.deepEqual(iso(`'${url}', sha256: ${'A'.repeat(64)}`), { kind: 'url', url });
});

test('the Tools ISO may lie on a datastore', () => {
  const image = change('windows.iso', "w.iso, toolsIso: '[ds1] iso/t.iso'");
  assert.deepEqual(image.media.toolsIso, { kind: 'datastore', path: '[ds1] iso/t.iso' });
  assert.deepEqual(load(LEAST).media.iso, { kind: 'file', path: `${FOLDER}/windows.iso` });
  assert.deepEqual(load(LEAST).openssh.authorizedKeys, [{ kind: 'file', path: `${FOLDER}/key.pub` }]);
});

test('files of the answer disc lie there by their names, or where they are told to', () => {
  const { files, drivers } = change(
    'windows.iso',
    'w.iso, files: [{ from: ../my drivers }, { from: a.msi, to: x/b.msi }], drivers: [my drivers/pvscsi]',
  ).media;
  assert.deepEqual(files, [
    { from: join(FOLDER, '../my drivers'), to: 'my drivers' },
    { from: join(FOLDER, 'a.msi'), to: 'x/b.msi' },
  ]);
  assert.deepEqual(drivers, ['my drivers/pvscsi']);
});

test('a container runtime comes from its publisher, a URL or an archive', () => {
  const source = (fields: string, key = 'docker') => {
    const image = load(`${LEAST}\n${key}: { version: 1.7.10, sha256: ${'A'.repeat(64)}${fields} }`);
    const runtime = image.docker ?? image.containerd;
    assert.equal(runtime?.sha256, 'a'.repeat(64));
    return runtime?.source;
  };
  assert.deepEqual(source(''), {
    kind: 'url',
    url: 'https://download.docker.com/win/static/stable/x86_64/docker-1.7.10.zip',
  });
  assert.deepEqual(source('', 'containerd'), {
    kind: 'url',
    url: 'https://github.com/containerd/containerd/releases/download/v1.7.10/containerd-1.7.10-windows-amd64.tar.gz',
  });
  assert.deepEqual(source(', url: https://example.com/d.zip'), { kind: 'url', url: 'https://example.com/d.zip' });
  assert.deepEqual(source(', archive: ../d.zip'), { kind: 'file', path: `${dirname(FOLDER)}/d.zip` });
});

test('versions and digests that YAML takes for numbers are read as they are written', () => {
  const image = load(`${LEAST.replace('20H2', '2022')}\ndocker: { version: 20.10, sha256: ${'0'.repeat(64)} }`);
  assert.equal(image.windows.version, '2022');
  assert.equal(image.docker?.version, '20.10');
  assert.equal(image.docker?.sha256, '0'.repeat(64));
});

test('sizes and durations are bytes and milliseconds', () => {
  const image = load(
    `${LEAST}\nhardware: { memory: 1.5TiB, disk: 65536MiB }\ntimeouts: { install: 1h30m, ssh: 90s, ip: 1500ms }`,
  );
  assert.deepEqual([image.hardware.memory, image.hardware.disk], [1.5 * 1024 ** 4, 64 * 1024 ** 3]);
  assert.deepEqual([image.timeouts.install, image.timeouts.ssh, image.timeouts.ip], [5_400_000, 90_000, 1500]);
});

test('a thumbprint is SHA-256 in upper case with colons', () => {
  const print = 'ab'.repeat(32);
  const wanted = Array.from({ length: 32 }, () => 'AB').join(':');
  for (const written of [print, `sha256:${print}`, wanted]) {
    assert.equal(change('username', `thumbprint: '${written}', username`).vcenter.thumbprint, wanted);
  }
});

test('steps of the user run in their order, unless after places them', () => {
  const list = '[{ name: a }, { name: b, after: openssh }, { name: c }, { name: d, after: a }, { name: e }]';
  const image = load(`${LEAST}\nsteps: ${list.replaceAll(' }', ', restart: true }')}\ntimeouts: { step: 1m }`);
  assert.deepEqual(
    image.steps.map(({ name, after, timeout }) => [name, after, timeout]),
    [
      ['a', 'memory-dump', 60_000],
      ['b', 'openssh', 60_000],
      ['c', 'a', 60_000],
      ['d', 'a', 60_000],
      ['e', 'c', 60_000],
    ],
  );
});

test('a step is one of four kinds', () => {
  const { text } = edit(
    '  - name: motd\n',
    '‸  - { name: a, script: a.ps1, parameters: { n: 1 }, timeout: 5m, retry: 2 }\n' +
      "  - { name: b, upload: { from: dir, to: 'D:\\app' } }\n  - { name: c, restart: true }\n  - name: motd\n",
  );
  const [script, upload, restart] = load(text).steps;
  const base = { title: 'a', after: 'memory-dump', timeout: 300_000, retry: 2 };
  assert.deepEqual(script, { ...base, name: 'a', kind: 'script', script: `${FOLDER}/a.ps1`, parameters: { n: 1 } });
  assert.ok(upload?.kind === 'upload' && restart?.kind === 'restart');
  assert.deepEqual([upload.from, upload.to], [`${FOLDER}/dir`, 'D:\\app']);
});

test('updates have their own defaults', () => {
  assert.deepEqual(load(`${LEAST}\nupdates: { exclude: [kb5034439] }`).updates, {
    categories: ['SecurityUpdates', 'CriticalUpdates', 'UpdateRollups'],
    include: [],
    exclude: ['KB5034439'],
    source: 'windows-update',
    maximum: 50,
    rounds: 5,
  });
});

test('Windows 2022 and 2025 on an old hardware version: a warning, at what was written', () => {
  const warn = (version: string, hardware: string) => {
    const { problems } = loadText(SAMPLE, LEAST.replace('20H2 }', `${version} }\n${hardware}`));
    return problems.map(({ severity, code, path, remedy }) => [severity, code, path, remedy]);
  };
  const remedy = 'set hardware.version to 20 if all hosts know it';
  assert.deepEqual(warn('2025', ''), [['warning', 'hardware.version', 'windows.version', remedy]]);
  assert.deepEqual(warn('2025', 'hardware: { version: 19 }'), [
    ['warning', 'hardware.version', 'hardware.version', remedy],
  ]);
  assert.deepEqual(warn('2025', 'hardware: { version: 20 }'), []);
  assert.deepEqual(warn('2025', 'hardware: { guestId: windows9Server64Guest }'), []);
  assert.deepEqual(warn('2019', ''), []);
});
