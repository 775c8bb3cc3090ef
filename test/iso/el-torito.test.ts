import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { BootEntry } from '../../iso/el-torito.ts';
import { openMedia } from '../../iso/media.ts';
import { bufferSource } from '../../iso/source.ts';
import { failure, run, temporaryFolder } from './tools.ts';

async function entriesOf(image: Buffer): Promise<readonly BootEntry[]> {
  return (await openMedia(bufferSource(image))).bootEntries;
}

/** A tree with small boot images, and one that is a floppy disk. */
async function tree(t: TestContext): Promise<{ folder: string; iso: string }> {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/in`);
  for (const name of ['one', 'two', 'three', 'four'])
    await writeFile(`${folder}/in/${name}.img`, Buffer.alloc(8192, 1));
  await writeFile(`${folder}/in/floppy.img`, Buffer.alloc(1_474_560));
  return { folder: `${folder}/in`, iso: `${folder}/x.iso` };
}

const PLATFORM: Readonly<Record<string, string>> = { BIOS: 'bios', UEFI: 'efi', Mac: 'mac', PPC: 'powerpc' };

/** The entries as xorriso reports them, in the words of this project. */
async function told(iso: string): Promise<unknown> {
  const report = await run('xorriso', '-indev', iso, '-report_el_torito', 'plain');
  return [...report.matchAll(/boot img :\s+\d+\s+(\w+)\s+([yn])\s+(\S+)\s+0x(\w+)\s+0x\w+\s+(\d+)\s+(\d+)$/gm)].map(
    ([, platform = '', bootable, emulation, segment = '', sectorCount, loadRba]) => ({
      platform: PLATFORM[platform],
      bootable: bootable === 'y',
      emulation: emulation === 'none' ? 'none' : emulation?.startsWith('fd') ? 'floppy' : 'disk',
      loadSegment: Number.parseInt(segment, 16),
      sectorCount: Number(sectorCount),
      loadRba: Number(loadRba),
    }),
  );
}

function comparable(entries: readonly BootEntry[]): unknown {
  return entries.map(({ platform, bootable, emulation, loadSegment, sectorCount, loadRba }) => ({
    platform,
    bootable,
    emulation,
    loadSegment,
    sectorCount,
    loadRba,
  }));
}

/** A catalogue with a section each for EFI, Mac and PowerPC behind the default entry, by xorriso. */
async function fourPlatforms(t: TestContext): Promise<{ iso: string; image: Buffer }> {
  const { folder, iso } = await tree(t);
  const next = (platform: string, name: string) => [
    ...['-eltorito-alt-boot', '-eltorito-platform', platform],
    ...['-b', `${name}.img`, '-no-emul-boot'],
  ];
  const first = ['-b', 'one.img', '-no-emul-boot', '-boot-load-size', '4', '-eltorito-id', 'Maker One'];
  const rest = [...next('efi', 'two'), ...next('Mac', 'three'), '-boot-load-size', '6', ...next('PPC', 'four')];
  await run('xorriso', '-as', 'mkisofs', '-quiet', '-o', iso, ...first, '-c', 'boot.cat', ...rest, folder);
  return { iso, image: await readFile(iso) };
}

test('sections of every platform are those that xorriso and isoinfo report', async (t) => {
  const { iso, image } = await fourPlatforms(t);
  const entries = await entriesOf(image);
  assert.deepEqual(comparable(entries), await told(iso));
  assert.deepEqual(
    entries.map((entry) => [entry.platform, entry.platformId]),
    [
      ['bios', 0],
      ['efi', 0xef],
      ['mac', 2],
      ['powerpc', 1],
    ],
  );
  const isoinfo = await run('isoinfo', '-d', '-i', iso);
  assert.equal(entries[0]?.sectionId, /ID '(.*)'/.exec(isoinfo)?.[1]);
  assert.equal(String(entries[0]?.loadRba), /Bootoff \w+ (\d+)/.exec(isoinfo)?.[1]);
});

for (const [what, options] of [
  ['a floppy disk', ['-b', 'floppy.img', '-boot-load-seg', '0x1234']],
  ['an entry that is not to be booted', ['-b', 'one.img', '-no-emul-boot', '-no-boot']],
] as const) {
  test(`${what} is told as xorriso tells it`, async (t) => {
    const { folder, iso } = await tree(t);
    await run('genisoimage', '-quiet', '-o', iso, ...options, '-c', 'boot.cat', folder);
    assert.deepEqual(comparable(await entriesOf(await readFile(iso))), await told(iso));
  });
}

test('extensions of an entry, of one and of several, do not hide what comes behind them', async (t) => {
  const { image } = await fourPlatforms(t);
  const plain = await entriesOf(image);
  const efi = plain[1]?.entryOffset ?? 0;
  // Two extensions behind the entry of EFI: the other sections move back.
  image.copyWithin(efi + 96, efi + 32, efi + 32 + 4 * 32);
  image.writeUInt8(0x20, efi + 1);
  image.fill(0, efi + 32, efi + 96);
  image.set([0x44, 0x20], efi + 32);
  image.set([0x44, 0], efi + 64);
  const moved = plain.map((entry, index) => ({ ...entry, entryOffset: entry.entryOffset + (index > 1 ? 64 : 0) }));
  assert.deepEqual(await entriesOf(image), moved);
  image.writeUInt8(0x45, efi + 64);
  await assert.rejects(entriesOf(image), failure('iso.corrupt', /^section entry extension at offset \d+: expected/));
});

test('what leads out of the catalogue or of the image is told with its place', async (t) => {
  const { image } = await fourPlatforms(t);
  const [bios, efi] = await entriesOf(image);
  const offset = efi?.entryOffset ?? 0;
  const boot = image.indexOf('EL TORITO SPECIFICATION') - 7;
  const change = async (structure: RegExp, fill: (copy: Buffer) => void) => {
    const copy = Buffer.from(image);
    fill(copy);
    await assert.rejects(entriesOf(copy), failure('iso.corrupt', structure));
  };
  await change(/^boot catalogue at offset/, (copy) => copy.writeUInt32LE(0xffffffff, boot + 71));
  await change(/^section entry at offset .* lies outside/, (copy) => copy.writeUInt32LE(0x7fffffff, offset + 8));
  await change(/^default entry at offset .* lies outside/, (copy) =>
    copy.writeUInt32LE(0x7fffffff, (bios?.entryOffset ?? 0) + 8),
  );
  await change(/^section entry at offset .* media type is 5/, (copy) => copy.writeUInt8(5, offset + 1));
  await change(/^section entry at offset .* boot indicator/, (copy) => copy.writeUInt16LE(0xffff, offset - 32 + 2));
  await change(/^section (header|entry) at offset/, (copy) => {
    // A section of 65535 entries, all of which are there.
    copy.writeUInt16LE(0xffff, offset - 32 + 2);
    for (let at = offset + 32; at < offset + 8192 && at + 32 <= copy.length; at += 32)
      copy.copy(copy, at, offset, offset + 32);
  });
});
