import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { VsphereFault } from '../../../vsphere/fault.ts';
import { openOvfSite, sha256sum, withPackage } from './site.ts';

const run = promisify(execFile);
const site = await openOvfSite();
const { govc } = site;
const marks = { 'ingot.image': 'windows', 'ingot.role': 'template', 'ingot.facts': '{"a":"<&>"}' };
const vm = await site.vm('windows', { template: true, extraConfig: marks });
const keepExtraConfig = (key: string) => key.startsWith('ingot.');

/** Nothing keeps the VM from being changed. */
async function noLease(): Promise<void> {
  const { aborted = 0, ...counts } = await leases();
  assert.equal(counts.opened, counts.completed + aborted);
}

async function leases() {
  const counts = await site.lab.counts();
  const { ExportVm = 0, ImportVApp = 0, HttpNfcLeaseComplete = 0, HttpNfcLeaseAbort = 0 } = counts;
  return { opened: ExportVm + ImportVApp, completed: HttpNfcLeaseComplete, aborted: HttpNfcLeaseAbort };
}

beforeEach(async () => {
  await site.nfc({});
  await site.lab.resetCounts();
});

suite('what is written', () => {
  test('an OVA: tar lists it, sha256sum finds its manifest right, xmllint its descriptor; all of it streamed in order', async () => {
    const seen: number[] = [];
    const onProgress = ({ bytes }: { readonly bytes: number }) => seen.push(bytes);
    const exported = await site.export(vm, { name: 'streamed', keepExtraConfig, onProgress });
    assert.equal(exported.path, join(site.folder, 'streamed.ova'));
    const { stdout } = await run('tar', ['tvf', exported.path]);
    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/));
    const names = ['streamed.ovf', 'streamed.mf', 'streamed-disk-0.vmdk', 'streamed-file-1.nvram'];
    assert.deepEqual(
      listed.map((words) => words[5]),
      names,
    );
    assert.deepEqual(
      exported.files.map(({ name, bytes }) => [String(bytes), name]),
      listed.map((words) => [words[2], words[5]]),
    );
    const unpacked = join(site.folder, 'unpacked');
    await mkdir(unpacked);
    await run('tar', ['xf', exported.path, '-C', unpacked]);
    await sha256sum(unpacked, 'streamed.mf');
    await run('xmllint', ['--noout', join(unpacked, 'streamed.ovf')]);
    const disks = exported.files.slice(2).reduce((sum, { bytes }) => sum + bytes, 0);
    assert.equal(seen.at(-1), disks);
    assert.equal((await stat(exported.path)).size % 512, 0);
    await noLease();
  });

  test('a folder: descriptor, manifest and disks; what ingot wrote onto the template is in the descriptor', async () => {
    const exported = await site.export(vm, { name: 'folder', format: 'ovf', keepExtraConfig });
    assert.equal(exported.path, join(site.folder, 'folder/folder.ovf'));
    await sha256sum(join(site.folder, 'folder'), 'folder.mf');
    const xpath = (path: string) =>
      run('xmllint', ['--xpath', `string(${path})`, exported.path]).then(({ stdout }) => stdout.trim());
    const attribute = (name: string) => `@*[local-name()="${name}"]`;
    for (const [key, value] of Object.entries(marks))
      assert.equal(
        await xpath(`//*[local-name()="ExtraConfig"][${attribute('key')}="${key}"]/${attribute('value')}`),
        value,
      );
    const disk = exported.files.find(({ name }) => name === 'folder-disk-0.vmdk');
    assert.equal(await xpath(`//*[local-name()="File"][1]/${attribute('size')}`), String(disk?.bytes));
    assert.equal(
      await xpath(`//*[local-name()="Config"][${attribute('key')}="firmware"]/${attribute('value')}`),
      'efi',
    );
  });

  test('a vCenter that leaves extraConfig out: what has to be kept is put in', async () => {
    await site.nfc({ extraConfig: 'dropped' });
    const { path } = await site.export(vm, { name: 'dropped', keepExtraConfig });
    await withPackage(path, async ({ facts }) => {
      assert.deepEqual(
        [...facts.extraConfig].filter(([key]) => key.startsWith('ingot.')).sort(),
        Object.entries(marks).sort(),
      );
    });
  });

  test('one that is there already is replaced, and only when the new one is whole', async () => {
    for (const format of ['ova', 'ovf'] as const) {
      const first = await site.export(vm, { name: `again-${format}`, format });
      const before = await readFile(first.path);
      await site.nfc({ padMegabytes: 2, cutAfterBytes: 1 << 20 });
      await assert.rejects(site.export(vm, { name: `again-${format}`, format }), { code: 'ovf.download' });
      assert.deepEqual(await readFile(first.path), before);
      const second = await site.export(vm, { name: `again-${format}`, format });
      assert.ok(second.bytes > first.bytes + (1 << 20));
      await site.nfc({});
    }
    assert.deepEqual(
      (await site.files()).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test('a snapshot of a VM that is on', async () => {
    const running = await site.vm('running');
    await govc('snapshot.create', '-vm', 'running', 'layer');
    await govc('vm.power', '-on', 'running');
    const [snapshot = ''] = (await govc('snapshot.tree', '-vm', 'running', '-i')).match(/snapshot-\d+/) ?? [];
    const { files } = await site.export(running, {
      name: 'layer',
      snapshot: { type: 'VirtualMachineSnapshot', value: snapshot },
    });
    assert.ok(files.some(({ name }) => name === 'layer-disk-0.vmdk'));
    await assert.rejects(site.export(running, { name: 'on' }), { code: 'ovf.powered-on' });
  });

  test('what a dead export left is taken away; what another one writes is left to it', async () => {
    const ova = join(site.folder, '.left.ova.partial');
    const lock = join(site.folder, '.left.lock');
    await mkdir(join(site.folder, '.left.partial'), { recursive: true });
    await writeFile(join(site.folder, '.left.partial/left.mf'), 'half');
    for (const [file, format] of [
      [ova, 'ova'],
      [lock, 'ovf'],
    ] as const) {
      await writeFile(file, 'half');
      await assert.rejects(site.export(vm, { name: 'left', format }), { code: 'ovf.busy', retryable: true });
      assert.equal(await readFile(file, 'utf8'), 'half');
      await utimes(file, 1, 1);
      await site.export(vm, { name: 'left', format });
    }
    assert.deepEqual(
      (await site.files()).filter((name) => name.startsWith('.')),
      [],
    );
  });

  test('a name that no file should have, and a folder that cannot be written', async () => {
    await assert.rejects(site.export(vm, { name: '../x' }), { code: 'ovf.name' });
    const file = join(site.folder, 'file');
    await writeFile(file, '');
    await assert.rejects(site.export(vm, { name: 'x', directory: file }), { code: 'ovf.write' });
  });
});

suite('a template that vCenter does not export as it is', () => {
  const clone = async (name: string) => ({
    name,
    folder: site.datacenter.vmFolder,
    pool: site.datacenter.compute('DC0_C0').resourcePool,
    extraConfig: { 'ingot.image': 'windows', 'ingot.role': 'export' },
  });

  test('a copy is exported and deleted; the package says what the template says', async () => {
    await site.nfc({ templates: 'refused' });
    await assert.rejects(site.export(vm, { name: 'refused' }), { code: 'ovf.template' });
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const { path } = await site.export(vm, { name: 'refused', keepExtraConfig, onWarning, clone: await clone('copy') });
    assert.equal(await site.find('copy'), undefined);
    assert.match(warnings.join(), /a copy of it is exported/);
    await withPackage(path, async ({ facts }) => assert.equal(facts.extraConfig.get('ingot.role'), 'template'));
  });

  test('a copy that a dead export left is deleted first; a VM of that name that is somebody’s is not', async () => {
    await site.vm('left', { extraConfig: { 'ingot.image': 'windows', 'ingot.role': 'export' } });
    const other = await site.vm('other');
    await site.nfc({ templates: 'refused' });
    await site.export(vm, { name: 'left', clone: await clone('left') });
    assert.equal(await site.find('left'), undefined);
    await assert.rejects(site.export(vm, { name: 'other', clone: await clone('other') }), { code: 'ovf.name-taken' });
    assert.deepEqual(await site.find('other'), other);
  });

  test('after a failure the copy is gone too', async () => {
    await site.nfc({ templates: 'refused', padMegabytes: 1, cutAfterBytes: 1 << 19 });
    await assert.rejects(site.export(vm, { name: 'cut', clone: await clone('cut') }), { code: 'ovf.download' });
    assert.equal(await site.find('cut'), undefined);
  });
});

suite('what goes wrong leaves no file and no lease', () => {
  /** After each of these the VM can be exported again, which an open lease would keep it from. */
  async function leavesNothing(name: string): Promise<void> {
    assert.deepEqual(
      (await site.files()).filter((file) => file.includes(name)),
      [],
    );
    await noLease();
    await site.nfc({});
    await site.export(vm, { name: 'after' });
  }

  test('a connection that is cut in the middle', async () => {
    await site.nfc({ padMegabytes: 4, cutAfterBytes: 1 << 20 });
    await assert.rejects(site.export(vm, { name: 'cut' }), { code: 'ovf.download', retryable: true });
    await leavesNothing('cut');
  });

  test('a lease that becomes an error: vCenter’s fault', async () => {
    await site.nfc({ initializing: 'fails' });
    const error = await site.export(vm, { name: 'fault' }).catch((found: unknown) => found);
    assert.ok(error instanceof VsphereFault);
    assert.equal(error.fault.type, 'FileFault');
    assert.match(error.message, /the export of fault \(VirtualMachine:vm-\d+\)/);
    assert.deepEqual(
      (await site.files()).filter((file) => file.includes('fault')),
      [],
    );
  });

  test('a lease that never becomes ready: the deadline', async () => {
    await site.nfc({ initializing: 'hangs' });
    const options = { name: 'hangs', deadlineMs: 300 };
    await assert.rejects(site.export(vm, options), { code: 'vsphere.deadline', timedOut: true });
    await leavesNothing('hangs');
  });

  test('an interrupt', async () => {
    await site.nfc({ padMegabytes: 8 });
    const stop = new AbortController();
    const reason = new Error('stopped');
    const onProgress = () => stop.abort(reason);
    await assert.rejects(site.export(vm, { name: 'stopped', signal: stop.signal, onProgress }), reason);
    await leavesNothing('stopped');
  });

  test('digests of vCenter that are others', async () => {
    await site.nfc({ manifest: 'wrong' });
    await assert.rejects(site.export(vm, { name: 'digest' }), { code: 'ovf.digest' });
    await leavesNothing('digest');
  });

  test('a folder with less room than the VM takes: a warning, as vCenter does not know what is compressed', async () => {
    await site.nfc({ padMegabytes: 2 ** 30 });
    const stop = new AbortController();
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const options = { name: 'space', signal: stop.signal, onWarning, onProgress: () => stop.abort() };
    await assert.rejects(site.export(vm, options), { name: 'AbortError' });
    assert.match(warnings.join(), /packages has [\d.]+ GiB free; the files of the VM are 1048576\.0 GiB, before/);
    await leavesNothing('space');
  });
});

suite('the lease', () => {
  test('is kept alive while a slow disk stands still for longer than its timeout', async () => {
    await site.nfc({ leaseSeconds: 1, padMegabytes: 1, stallMs: 1600 });
    await site.export(vm, { name: 'slow' });
    const { HttpNfcLeaseProgress = 0 } = await site.lab.counts();
    assert.ok(HttpNfcLeaseProgress >= 4, `${HttpNfcLeaseProgress} signs of life`);
  });

  test('ends by itself when vCenter hears nothing: the export ends with its fault', async () => {
    await site.nfc({ leaseSeconds: 1, padMegabytes: 1, stallMs: 5000 });
    for (let i = 0; i < 20; i++)
      await site.lab.faults.inject({ kind: 'delay', method: 'HttpNfcLeaseProgress', milliseconds: 4000 });
    const error = await site.export(vm, { name: 'silent' }).catch((found: unknown) => found);
    await site.lab.faults.clear();
    assert.ok(error instanceof VsphereFault);
    assert.equal(error.fault.type, 'Timedout');
    assert.deepEqual(
      (await site.files()).filter((file) => file.includes('silent')),
      [],
    );
  });

  test('two exports of one VM: the second waits for the first', async () => {
    await site.nfc({ padMegabytes: 1, stallMs: 300 });
    const [one, two] = await Promise.all([site.export(vm, { name: 'one' }), site.export(vm, { name: 'two' })]);
    assert.notEqual(one.path, two.path);
    assert.equal((await leases()).completed, 2);
  });

  test('disks over an ESXi host: its certificate is the one that vCenter tells, or nothing is read', async () => {
    await site.nfc({ host: 'esxi' });
    await site.export(vm, { name: 'host' });
    assert.equal((await site.lab.counts())['GET /nfc'], undefined);
    await site.nfc({ host: 'esxi-other' });
    await assert.rejects(site.export(vm, { name: 'host-other' }), (error: Error & { readonly code?: string }) => {
      assert.equal(error.code, 'ovf.host');
      assert.doesNotMatch(JSON.stringify(error) + error.message, /\/nfc\//);
      return true;
    });
  });
});
