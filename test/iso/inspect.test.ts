import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileSource } from '../../iso/filesystem.ts';
import { inspectMedia } from '../../iso/inspect.ts';
import { openMedia } from '../../iso/media.ts';
import { bufferSource } from '../../iso/source.ts';
import { readWim } from '../../iso/wim.ts';
import { counted, failure, filesBelow, openSample, run, sample, temporaryFolder } from './tools.ts';

const WINDOWS = ['windows-server-2019', 'windows-server-20h2', 'windows-server-2022', 'windows-server-2025'];

for (const name of WINDOWS) {
  test(`${name}: UDF tree and bytes equal what 7z and bsdtar extract`, async (t) => {
    await using source = await openSample(name);
    const media = await openMedia(source);
    assert.equal(media.fileSystem.kind, 'udf');
    const folder = await temporaryFolder(t);
    await run('bsdtar', '-xf', sample(name), '-C', folder);
    const expected = await filesBelow(folder);
    assert.ok(expected.size >= 12);
    const listing = await run('7z', 'l', '-slt', '-tudf', sample(name));
    for (const [path, bytes] of expected) {
      assert.ok(listing.includes(`Path = ${path}\n`), `7z sees ${path} in UDF`);
      const node = await media.fileSystem.lookup(path);
      assert.equal(node?.kind, 'file', path);
      if (node?.kind !== 'file' || path === 'boot/boot.cat') continue; // UDF has no bytes for the catalogue
      assert.deepEqual(await fileSource(media.source, node).read(0, node.size), bytes, path);
    }
  });
}

test('each Windows image is told as wiminfo tells it', async (t) => {
  for (const name of WINDOWS) {
    await using source = await openSample(name);
    const facts = await inspectMedia(source);
    const folder = await temporaryFolder(t);
    await run('bsdtar', '-xf', sample(name), '-C', folder);
    const told = await run('wiminfo', `${folder}/sources/install.wim`);
    const blocks = told.split(/\n(?=Index: )/).slice(1);
    assert.equal(facts.images.length, blocks.length);
    for (const [at, block] of blocks.entries()) {
      const field = (label: string) => new RegExp(`^${label}:\\s+(.*)$`, 'm').exec(block)?.[1]?.trim();
      const image = facts.images[at];
      assert.ok(image);
      assert.equal(String(image.index), field('Index'));
      assert.equal(image.name, field('Name'));
      assert.equal(image.displayName, field('Display Name'));
      assert.equal(image.flags, field('Flags'));
      assert.equal(image.editionId, field('Edition ID'));
      assert.equal(image.installationType, field('Installation Type'));
      assert.equal(field('Architecture'), 'x86_64');
      assert.equal(image.architecture, 'amd64');
      assert.equal(String(image.build), field('Build'));
      assert.equal(String(image.revision), field('Service Pack Build'));
      assert.equal(image.version, `10.0.${image.build}.${image.revision}`);
      assert.equal(image.languages.join(' '), field('Languages'));
      assert.equal(String(image.totalBytes), field('Total Bytes'));
    }
  }
});

test('boot entries are those that xorriso and isoinfo report', async () => {
  await using source = await openSample('windows-server-20h2');
  const facts = await inspectMedia(source);
  const [bios, efi] = facts.bootEntries;
  assert.equal(facts.bootEntries.length, 2);
  const isoinfo = await run('isoinfo', '-d', '-i', sample('windows-server-20h2'));
  assert.equal(String(bios?.loadRba), /Bootoff \w+ (\d+)/.exec(isoinfo)?.[1]);
  const xorriso = await run('xorriso', '-indev', sample('windows-server-20h2'), '-report_el_torito', 'plain');
  const images = [...xorriso.matchAll(/boot img :\s+\d+\s+(BIOS|UEFI)\s.*\s(\d+)$/gm)].map(([, kind, lba]) => [
    kind,
    lba,
  ]);
  assert.deepEqual(images, [
    ['BIOS', String(bios?.loadRba)],
    ['UEFI', String(efi?.loadRba)],
  ]);
  assert.deepEqual([bios?.platform, efi?.platform], ['bios', 'efi']);
});

test('facts are plain JSON, and inspection reads less than 1 MB', async () => {
  await using file = await openSample('windows-server-2025');
  const source = counted(file);
  const facts = await inspectMedia(source);
  assert.deepEqual(JSON.parse(JSON.stringify(facts)), facts);
  assert.equal(facts.volumeLabel, 'SSS_X64FREE_EN-US_DV9');
  assert.deepEqual(facts.installImage, {
    path: 'sources/install.wim',
    kind: 'wim',
    size: facts.installImage?.size ?? 0,
    parts: 1,
  });
  assert.equal(facts.evaluation, false);
  assert.ok(source.bytes < 1_000_000, `${source.bytes} bytes`);
});

test('media without Windows say so', async () => {
  await using source = await openSample('vmware-tools');
  const facts = await inspectMedia(source);
  assert.equal(facts.volumeLabel, 'VMware Tools');
  assert.equal(facts.installImage, null);
  assert.deepEqual(facts.images, []);
  assert.deepEqual(facts.noPrompt, { available: false, reason: 'the boot catalogue has no EFI entry' });
});

test('names are found whatever their case, folders and what is missing are told apart', async () => {
  await using source = await openSample('windows-server-2022');
  const { fileSystem } = await openMedia(source);
  assert.equal((await fileSystem.lookup('SOURCES/Install.WIM'))?.name, 'install.wim');
  assert.equal((await fileSystem.lookup('sources'))?.kind, 'directory');
  assert.equal(await fileSystem.lookup('sources/none'), undefined);
  assert.equal(await fileSystem.lookup('setup.exe/none'), undefined);
  assert.equal(await fileSystem.list('setup.exe'), undefined);
  assert.deepEqual([...((await fileSystem.list('')) ?? [])].sort(), [
    'boot',
    'bootmgr.efi',
    'efi',
    'setup.exe',
    'sources',
  ]);
});

test('without UDF, the Joliet tree is read; without Joliet, the ISO 9660 one', async (t) => {
  const folder = await temporaryFolder(t);
  const names = ['A long name – 名前.txt', 'nested/deeper/File.Dat'];
  const { mkdir, writeFile, readFile } = await import('node:fs/promises');
  await mkdir(`${folder}/in/nested/deeper`, { recursive: true });
  for (const name of names) await writeFile(`${folder}/in/${name}`, `content of ${name}`);
  const make = (...options: readonly string[]) =>
    run(
      'genisoimage',
      '-quiet',
      '-input-charset',
      'utf-8',
      ...options,
      '-V',
      'LABEL',
      '-o',
      `${folder}/x.iso`,
      `${folder}/in`,
    );
  await make('-J');
  const joliet = await openMedia(bufferSource(await readFile(`${folder}/x.iso`)));
  assert.equal(joliet.fileSystem.kind, 'iso9660');
  assert.equal(joliet.fileSystem.volumeLabel, 'LABEL');
  for (const name of names) assert.equal((await joliet.fileSystem.lookup(name))?.name, name.split('/').at(-1));
  await make();
  const plain = await openMedia(bufferSource(await readFile(`${folder}/x.iso`)));
  assert.equal((await plain.fileSystem.lookup('NESTED/DEEPER/FILE.DAT'))?.name, 'FILE.DAT');
});

test('a file that is no image is told so', async () => {
  await assert.rejects(inspectMedia(bufferSource(Buffer.alloc(100_000))), failure('iso.unknown'));
  await assert.rejects(inspectMedia(bufferSource(Buffer.from('PK'))), failure('iso.unknown'));
  await assert.rejects(readWim(bufferSource(Buffer.alloc(300))), failure('iso.corrupt'));
  await assert.rejects(readWim(bufferSource(Buffer.from('MSWIM'))), failure('iso.corrupt'));
});
