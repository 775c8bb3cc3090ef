import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { root } from '../cli/ingot.ts';
import { assertDone, assertFailed } from './built.ts';
import { openSite, tool } from './site.ts';
import { devicesOf, readVm } from './vm.ts';

const site = await openSite();
const { lab } = site;

/** Reads files of a Windows with OpenSSH's sftp, after powering its VM on with govc: clients that know nothing of ingot. */
async function readInside(vm: string, paths: readonly string[]): Promise<string[]> {
  await site.govc('vm.power', '-on', vm);
  const address = (await site.govc('vm.ip', '-wait', '10s', vm)).trim();
  const port = lab.env.INGOT_VAR_ssh_port ?? '';
  const batch = join(site.folder, 'batch');
  const targets = paths.map((_, at) => join(site.folder, `read-${at}`));
  await writeFile(batch, paths.map((path, at) => `get "${path}" ${targets[at]}\n`).join(''));
  const trust = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes'];
  const key = lab.env.INGOT_SSH_PRIVATE_KEY_FILE ?? '';
  await tool('sftp', '-q', '-F', 'none', '-i', key, ...trust, '-P', port, '-b', batch, `Administrator@${address}`);
  await site.govc('vm.power', '-off', vm);
  return Promise.all(targets.map((target) => tool('cat', target)));
}

suite('steps of the user', () => {
  test('of every kind, in their order and place; a foreign client finds what they did', async () => {
    const { folder } = site;
    await mkdir(join(folder, 'app/conf'), { recursive: true });
    await writeFile(join(folder, 'app/readme.txt'), 'the application\n');
    await writeFile(join(folder, 'app/conf/app.ini'), '[app]\r\nport=8080\r\n');
    await writeFile(join(folder, 'single.bin'), Buffer.alloc(300_000, 'ingot'));
    await writeFile(join(folder, 'setup.ps1'), "param()\nSet-Content -Path C:\\setup.txt -Value 'set up'\n");
    const file = await site.image('own', {
      steps: [
        { name: 'files', upload: { from: './app', to: 'C:\\Program Files\\App' } },
        { name: 'single', upload: { from: './single.bin', to: 'C:\\data\\single.bin' } },
        { name: 'setup', script: './setup.ps1', parameters: { size: 3, names: ['ä', '"quoted"', '$(x)'] } },
        { name: 'bounce', restart: true },
        { name: 'note', powershell: "Write-Output 'hello'\nSet-Content -Path C:\\note.txt -Value 'noted'" },
        { name: 'early', after: 'tools-conf', powershell: "Set-Content -Path C:\\early.txt -Value 'early'" },
        { name: 'later', after: 'early', powershell: "Set-Content -Path C:\\later.txt -Value 'later'" },
      ],
    });
    const built = await site.build(file);
    assertDone(built);
    const from = built.ran.indexOf('tools-conf');
    assert.deepEqual(built.ran.slice(from, built.ran.indexOf('master')), [
      'tools-conf',
      'early',
      'later',
      'docker',
      'firewall',
      'memory-dump',
      'files',
      'single',
      'setup',
      'bounce',
      'note',
      'cleanup',
      'inventory',
    ]);
    assert.deepEqual(
      built
        .of('step-log')
        .filter(({ step }) => step === 'note')
        .map(({ message }) => message),
      ['hello'],
    );
    assert.deepEqual(built.proof('bounce'), ['Windows has another boot time']);
    const found = await readInside('own-master', [
      '/C:/Program Files/App/readme.txt',
      '/C:/Program Files/App/conf/app.ini',
      '/C:/data/single.bin',
      '/C:/setup.txt',
      '/C:/note.txt',
      '/C:/later.txt',
      '/C:/ProgramData/VMware/VMware Tools/tools.conf',
    ]);
    const [readme, ini, single, setup, note, later, conf] = found;
    assert.deepEqual([readme, ini], ['the application\n', '[app]\r\nport=8080\r\n']);
    assert.equal(single?.length, 300_000);
    assert.deepEqual(
      [setup, note, later].map((text) => text?.trim()),
      ['set up', 'noted', 'later'],
    );
    assert.match(conf ?? '', /^\[guestinfo\]\r\nexclude-nics=\r\n/m);
  });

  test('that fails: its message; with `retry` it is tried again', async () => {
    await lab.faults.scenario({ scripts: { 'user-flaky.ps1': { fails: 'not yet', times: 2 } } });
    const step = { name: 'flaky', powershell: "Write-Output 'try'" };
    assertFailed(await site.build(await site.image('flaky', { steps: [step] })), {
      step: 'flaky',
      code: 'guest.script',
      message: /^user-flaky\.ps1 failed: not yet$/,
      remedy: /build again/,
      left: [/^VM \/DC0\/vm\/flaky-master \(poweredOn\): the next build goes on with it$/],
    });
    await lab.faults.scenario({ scripts: { 'user-flaky.ps1': { fails: 'not yet', times: 2 } } });
    const built = await site.build(await site.image('flaky', { steps: [{ ...step, retry: 2 }] }));
    assertDone(built);
    assert.equal(
      built.of('warning').filter(({ message }) => /flaky failed and is tried again/.test(message)).length,
      2,
    );
    await lab.faults.scenario({});
  });
});

suite('other images', () => {
  test('containerd in place of Docker', async () => {
    const built = await site.build(
      await site.image('containerd', { docker: undefined, containerd: { version: '1.7.22', sha256: 'a'.repeat(64) } }),
    );
    assertDone(built);
    assert.ok(built.ran.includes('containerd') && !built.ran.includes('docker'));
    assert.deepEqual(built.proof('containerd'), ['containerd 1.7.22: service Running, Automatic, answers']);
  });

  test('BIOS firmware, further disks and network adapters', async () => {
    const built = await site.build(
      await site.image('hardware', {
        hardware: {
          firmware: 'bios',
          cpus: 2,
          memory: '4GiB',
          extraDisks: [{ size: '10GiB' }, { size: '1.5GiB' }],
          nics: [{ network: 'DC0_DVPG0' }],
        },
      }),
    );
    assertDone(built);
    const { config } = await readVm(site, 'hardware');
    assert.equal(config.firmware, 'bios');
    assert.deepEqual([config.hardware.numCPU, config.hardware.memoryMB], [2, 4096]);
    assert.deepEqual(
      config.hardware.device.flatMap(({ capacityInBytes }) => capacityInBytes ?? []),
      [60, 10, 1.5].map((size) => size * 2 ** 30),
    );
    const devices = await devicesOf(site, 'hardware');
    assert.equal(devices.filter((device) => device === 'VirtualVmxnet3').length, 2);
  });

  test('Windows Server 2022 from its own image file', async () => {
    const built = await site.build(join(root, 'images/windows-server-2022.yaml'), {
      flags: ['--var', `media=${join(root, 'lab/media')}`],
    });
    assertDone(built);
    assert.equal(built.summary('Windows'), '20348.587 ServerDatacenter (Server Core)');
    assert.ok(
      built
        .of('warning')
        .some(({ message }) => /^build 20348\.587 fails: it lacks KB5012637 \(20348\.681\)/.test(message)),
    );
    assert.equal((await readVm(site, 'windows-server-2022')).config.template, true);
  });
});
