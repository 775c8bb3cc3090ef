import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { startVcsim } from '../vsphere/vcsim.ts';
import { assertDone, assertFailed, type Built } from './built.ts';
import { openSite, tool, vmNames } from './site.ts';

const site = await openSite();
const pool = '/DC0/host/DC0_C0/Resources';
const directory = join(site.folder, 'packages');
const rule = (port: number) => ({ firewall: { rules: [{ name: 'Logs', port, protocol: 'TCP' }] } });
const publish = { ovf: { directory: './packages', keep: 1 } };

/** Builds, and counts the exports that it took. */
async function build(changes: Parameters<typeof site.image>[1]): Promise<{ built: Built; exports: number }> {
  await site.lab.resetCounts();
  const built = await site.build(await site.image('ovf', { publish, ...changes }));
  assertDone(built);
  return { built, exports: (await site.lab.counts()).ExportVm ?? 0 };
}

const recordsIn = async () => (await readdir(directory)).filter((name) => name.endsWith('.ingot.json')).sort();
const pathOf = ({ end }: Built, extension: string) => join(directory, `ovf-${end.build}${extension}`);

suite('publish.ovf', { concurrency: false }, async () => {
  const first = await build(rule(1));

  test('the package is there, with a record, and named in the summary; tar and xmllint read it', async () => {
    const ova = pathOf(first.built, '.ova');
    assert.equal(first.exports, 1);
    assert.equal(first.built.summary('published'), ova);
    assert.match(first.built.proof('publish').join('\n'), /is of build .*: 4 files, manifest SHA-256 [0-9a-f]{64}$/m);
    assert.equal((await tool('tar', 'tf', ova)).split('\n').length, 5);
    const descriptor = await tool('tar', 'xOf', ova, `ovf-${first.built.end.build}.ovf`);
    for (const key of ['ingot.image', 'ingot.build', 'ingot.fingerprint']) assert.ok(descriptor.includes(key), key);
    assert.match(descriptor, /vmw:key="ingot.role" vmw:value="template"/);
  });

  test('govc imports it into another vCenter', async () => {
    const other = await startVcsim();
    try {
      await other.govc(
        'import.ova',
        '-dc',
        'DC0',
        '-ds',
        'LocalDS_0',
        '-pool',
        pool,
        '-name',
        'copy',
        pathOf(first.built, '.ova'),
      );
      const { virtualMachines } = JSON.parse(await other.govc('vm.info', '-json', '-e', '/DC0/vm/copy'));
      const [{ config }] = virtualMachines;
      assert.deepEqual([config.hardware.numCPU, config.hardware.memoryMB], [4, 8192]);
    } finally {
      other.stop();
    }
  });

  test('the next build looks, and exports nothing', async () => {
    const again = await build(rule(1));
    assert.equal(again.exports, 0);
    assert.equal(again.built.summary('published'), `${pathOf(first.built, '.ova')}, as before`);
  });

  test('a package whose time is another is read: whole, it is kept; damaged, it is made anew', async () => {
    const ova = pathOf(first.built, '.ova');
    await utimes(ova, 1, 1);
    assert.equal((await build(rule(1))).exports, 0);
    const bytes = await readFile(ova);
    bytes[bytes.length - 3000] = (bytes[bytes.length - 3000] ?? 0) ^ 1;
    await writeFile(ova, bytes);
    await utimes(ova, 2, 2);
    assert.equal((await build(rule(1))).exports, 1);
    assert.notDeepEqual(await readFile(ova), bytes);
  });

  test('a package without a record is not trusted; in another format it is made anew, and the former one goes', async () => {
    for (const record of await recordsIn()) await rm(join(directory, record));
    assert.equal((await build(rule(1))).exports, 1);
    const folder = await build({ ...rule(1), publish: { ovf: { ...publish.ovf, format: 'ovf' } } });
    assert.equal(folder.exports, 1);
    const stem = `ovf-${first.built.end.build}`;
    assert.equal(folder.built.summary('published'), join(directory, stem, `${stem}.ovf`));
    assert.deepEqual((await readdir(directory)).sort(), [stem, `${stem}.ingot.json`]);
    assert.equal((await build(rule(1))).exports, 1);
    assert.deepEqual((await readdir(directory)).sort(), [`${stem}.ingot.json`, `${stem}.ova`]);
  });

  test('of earlier packages so many stay as are wanted; what ingot has not recorded stays', async () => {
    await writeFile(join(directory, 'ovf-mine.ova'), 'mine');
    await writeFile(join(directory, 'other.ingot.json'), '{"kind":"ingot.ovf/1","path":"ovf-mine.ova"}');
    const second = await build(rule(2));
    const names = (await readdir(directory)).filter((name) => name.endsWith('.ova')).sort();
    const all = [first, second].map(({ built }) => `ovf-${built.end.build}.ova`);
    assert.deepEqual(names, [...all, 'ovf-mine.ova']);
    const none = await build({ ...rule(2), publish: { ovf: { ...publish.ovf, keep: 0 } } });
    assert.equal(none.exports, 0);
    assert.deepEqual(await recordsIn(), ['other.ingot.json', `ovf-${second.built.end.build}.ingot.json`]);
    assert.ok((await stat(join(directory, 'ovf-mine.ova'))).isFile());
  });

  test('a template that vCenter does not export: a copy is, and it is deleted again', async () => {
    await site.lab.faults.scenario({ nfc: { templates: 'refused' } });
    const { built, exports } = await build({ ...rule(2), publish: { ovf: { ...publish.ovf, format: 'ovf' } } });
    assert.equal(exports, 2);
    const descriptor = await readFile(built.summary('published') ?? '', 'utf8');
    assert.match(descriptor, /vmw:key="ingot.role" vmw:value="template"/);
    assert.ok(!(await vmNames(site)).includes('ovf-ovf'));
    await site.lab.faults.scenario({});
  });

  test('a folder that cannot be written is told before anything is built', async () => {
    await writeFile(join(site.folder, 'file'), '');
    const file = await site.image('unwritable', { publish: { ovf: { directory: './file' } } });
    assertFailed(await site.build(file), {
      step: 'preflight',
      code: 'publish.ovf-directory',
      message: /expected to be able to write into .*\/file, found: EEXIST/,
      remedy: /publish\.ovf\.directory/,
    });
  });
});
