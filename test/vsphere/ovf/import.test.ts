import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { connect } from '../../../vsphere/connect.ts';
import { findVm } from '../../../vsphere/folder.ts';
import { openDatacenter } from '../../../vsphere/inventory.ts';
import { createVm, install } from '../../lab/support/guest.ts';
import { startVcsim } from '../vcsim.ts';
import { importInto, openOvfSite, withPackage } from './site.ts';

const run = promisify(execFile);
const site = await openOvfSite();
const { govc, lab } = site;
const marks = { 'ingot.image': 'windows', 'ingot.role': 'template' };
const keepExtraConfig = (key: string) => key.startsWith('ingot.');
const vm = await site.vm('windows', { template: true, extraConfig: marks });
const ova = await site.export(vm, { name: 'ova', keepExtraConfig });
const ovf = await site.export(vm, { name: 'ovf', format: 'ovf', keepExtraConfig });

beforeEach(() => site.nfc({}));

/** A copy of the package, with something wrong; the path of its descriptor. */
async function damaged(name: string, damage: (directory: string) => Promise<unknown>): Promise<string> {
  const directory = join(site.folder, name);
  await mkdir(directory);
  await cp(join(ovf.path, '..'), directory, { recursive: true });
  await damage(directory);
  return join(directory, 'ovf.ovf');
}

/** A VM as govc sees it: its hardware, and what ingot wrote. */
async function describeVm(call: (...args: string[]) => Promise<string>, name: string) {
  const { virtualMachines } = JSON.parse(await call('vm.info', '-json', name));
  const [{ config }] = virtualMachines;
  const devices: { readonly capacityInKB?: number; readonly controllerKey?: number }[] = config.hardware.device;
  const extra: { readonly key: string; readonly value: string }[] = config.extraConfig;
  return {
    guest: config.guestId,
    version: config.version,
    cpus: config.hardware.numCPU,
    memory: config.hardware.memoryMB,
    disks: devices.flatMap(({ capacityInKB }) => capacityInKB ?? []),
    marks: Object.fromEntries(extra.flatMap(({ key, value }) => (key.startsWith('ingot.') ? [[key, value]] : []))),
  };
}

async function wrongByte(directory: string): Promise<void> {
  const disk = join(directory, 'ovf-disk-0.vmdk');
  const bytes = await readFile(disk);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(disk, bytes);
}

const hardware = { guest: 'windows9Server64Guest', version: 'vmx-15', cpus: 2, memory: 2048, disks: [2 * 2 ** 20] };

suite('another vCenter, which is vcsim alone', async () => {
  const other = await startVcsim();
  after(() => other.stop());
  const place = ['-ds', 'LocalDS_0', '-pool', '/DC0/host/DC0_C0/Resources', '-folder', '/DC0/vm'];

  test('govc imports what was exported, as OVA and as folder', async () => {
    await other.govc('import.ova', ...place, '-name', 'from-ova', ova.path);
    await other.govc('import.ovf', ...place, '-name', 'from-ovf', ovf.path);
    // govc takes no extraConfig out of a package: vCenter does.
    for (const name of ['from-ova', 'from-ovf'])
      assert.deepEqual(await describeVm(other.govc, name), { ...hardware, marks: {} });
  });

  test('what a server leaves of an import that was aborted is deleted', async () => {
    await using vc = await connect({
      server: other.server,
      username: 'user',
      password: 'pass',
      tls: { insecure: true },
    });
    const datacenter = await openDatacenter(vc, 'DC0');
    const path = await damaged('left', wrongByte);
    const importing = withPackage(path, (from) => importInto(vc, datacenter, from, { name: 'left' }));
    await assert.rejects(importing, { code: 'ovf.digest' });
    assert.equal(await findVm(vc, datacenter, 'left'), undefined);
  });

  test('ingot imports it, with what it wrote onto the template', async () => {
    await using vc = await connect({
      server: other.server,
      username: 'user',
      password: 'pass',
      tls: { insecure: true },
    });
    const datacenter = await openDatacenter(vc, 'DC0');
    for (const { path } of [ova, ovf]) {
      const name = path.endsWith('ova') ? 'own-ova' : 'own-ovf';
      const imported = await withPackage(path, async (from) =>
        importInto(vc, datacenter, from, { name, keepExtraConfig, extraConfig: { 'ingot.role': 'candidate' } }),
      );
      assert.deepEqual(await findVm(vc, datacenter, name), imported.vm);
      assert.deepEqual(await describeVm(other.govc, name), {
        ...hardware,
        marks: { ...marks, 'ingot.role': 'candidate' },
      });
    }
  });
});

suite('the lab', () => {
  test('what govc exports, ingot imports: with a manifest of SHA-1 too, and without one where that is allowed', async () => {
    for (const [name, sha] of [
      ['sha1', '1'],
      ['sha256', '256'],
      ['none', '0'],
    ] as const) {
      await govc('export.ovf', '-vm', 'windows', '-name', name, '-sha', sha, site.folder);
      const path = join(site.folder, name, `${name}.ovf`);
      await withPackage(path, async (from) => {
        if (sha === '0') await assert.rejects(site.import(from, { name }), { code: 'ovf.manifest' });
        await site.import(from, { name, requireManifest: sha !== '0' });
      });
      assert.deepEqual((await describeVm(govc, name)).disks, hardware.disks);
    }
  });

  test('a Windows that is exported and imported starts', async () => {
    const path = await createVm(lab, { folder: site.folder, name: 'installed' });
    await install(lab, path);
    await govc('vm.power', '-off', path);
    const installed = await site.find('installed');
    assert.ok(installed);
    const exported = await site.export(installed, { name: 'installed' });
    const { vm: copy } = await withPackage(exported.path, (from) => site.import(from, { name: 'copy' }));
    await govc('vm.power', '-on', '/DC0/vm/copy');
    await govc('vm.ip', '-wait', '20s', '/DC0/vm/copy');
    const guest = (await lab.guests()).find((one) => one.vm === copy.value);
    assert.equal(guest?.installed && guest.toolsRunning, true);
  });

  test('disks over an ESXi host', async () => {
    await site.nfc({ host: 'esxi' });
    await withPackage(ova.path, (from) => site.import(from, { name: 'over-esxi' }));
    await site.nfc({ host: 'esxi-other' });
    await withPackage(ova.path, (from) => assert.rejects(site.import(from, { name: 'other' }), { code: 'ovf.host' }));
    assert.equal(await site.find('other'), undefined);
  });

  test('progress in bytes, up to all of them', async () => {
    const seen: string[] = [];
    const { bytes } = await withPackage(ova.path, (from) =>
      site.import(from, { name: 'progress', onProgress: (now) => seen.push(`${now.bytes}/${now.total}`) }),
    );
    assert.equal(seen.at(-1), `${bytes}/${bytes}`);
    assert.equal(
      bytes,
      ova.files.slice(2).reduce((sum, file) => sum + file.bytes, 0),
    );
  });
});

suite('what goes wrong leaves no VM and no lease', () => {
  async function refused(path: string, code: string): Promise<void> {
    await withPackage(path, (from) => assert.rejects(site.import(from, { name: 'refused' }), { code }));
    assert.equal(await site.find('refused'), undefined);
  }

  test('a disk with one wrong byte', async () => {
    const path = await damaged('byte', wrongByte);
    await lab.resetCounts();
    await refused(path, 'ovf.digest');
    const { HttpNfcLeaseAbort = 0, HttpNfcLeaseComplete = 0 } = await lab.counts();
    assert.deepEqual([HttpNfcLeaseAbort, HttpNfcLeaseComplete], [1, 0]);
  });

  test('a disk that is cut off', async () => {
    await refused(await damaged('cut', (at) => truncate(join(at, 'ovf-disk-0.vmdk'), 1000)), 'ovf.digest');
  });

  test('what is found before anything is made', async () => {
    await lab.resetCounts();
    const manifest = (directory: string) => join(directory, 'ovf.mf');
    const descriptor = (directory: string) => join(directory, 'ovf.ovf');
    const change = async (file: string, from: RegExp, to: string) =>
      writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
    const cases: readonly (readonly [string, string, (directory: string) => Promise<unknown>])[] = [
      ['descriptor', 'ovf.digest', (at) => change(descriptor(at), /<Name>/, '<Name>x')],
      ['line', 'ovf.manifest', (at) => change(manifest(at), /SHA256\(ovf-disk.*\n/, '')],
      ['gone', 'ovf.package', (at) => run('rm', [join(at, 'ovf-disk-0.vmdk')])],
    ];
    for (const [name, code, damage] of cases) await refused(await damaged(name, damage), code);
    await withPackage(ova.path, (from) =>
      assert.rejects(site.import(from, { name: 'refused', networks: () => undefined }), { code: 'ovf.network' }),
    );
    assert.equal((await lab.counts()).ImportVApp, undefined);
  });

  test('files outside of the package, in pieces or compressed', async () => {
    const files = [
      'ovf:href="../secret"',
      'ovf:href="a.vmdk.gz" ovf:compression="gzip"',
      'ovf:href="a" ovf:chunkSize="1"',
    ];
    for (const [i, file] of files.entries()) {
      const path = await damaged(`reference-${i}`, async (directory) => {
        const text = await readFile(join(directory, 'ovf.ovf'), 'utf8');
        await writeFile(join(directory, 'ovf.ovf'), text.replace(/ovf:href="ovf-disk-0.vmdk"/, file));
      });
      await assert.rejects(
        withPackage(path, async () => undefined),
        { code: 'ovf.package' },
      );
    }
  });

  test('a connection that is cut, digests that vCenter has otherwise, a lease that never becomes ready', async () => {
    const cases = [
      [{ cutAfterBytes: 1 }, 'ovf.upload'],
      [{ manifest: 'wrong' }, 'ovf.digest'],
    ] as const;
    for (const [scenario, code] of cases) {
      await site.nfc(scenario);
      await refused(ova.path, code);
    }
    await site.nfc({ initializing: 'hangs' });
    await withPackage(ova.path, (from) =>
      assert.rejects(site.import(from, { name: 'refused', deadlineMs: 500 }), { code: 'vsphere.deadline' }),
    );
    assert.equal(await site.find('refused'), undefined);
  });

  test('an interrupt', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    const options = { name: 'refused', signal: stop.signal, onProgress: () => stop.abort(reason) };
    await withPackage(ova.path, (from) => assert.rejects(site.import(from, options), reason));
    assert.equal(await site.find('refused'), undefined);
  });

  test('a name that is taken: vCenter’s fault, and what has the name stays', async () => {
    const taken = await site.vm('taken');
    await withPackage(ova.path, (from) =>
      assert.rejects(site.import(from, { name: 'taken' }), { code: 'vsphere.fault' }),
    );
    assert.deepEqual(await site.find('taken'), taken);
  });
});
