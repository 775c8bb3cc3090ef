import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { inspectMedia } from '../../iso/inspect.ts';
import { type NoPromptAvailable, noPromptPatch } from '../../iso/no-prompt.ts';
import { applyPatches } from '../../iso/patch.ts';
import { bufferSource } from '../../iso/source.ts';
import { collect, failure, run, sample, temporaryFolder } from './tools.ts';

const MEDIA = sample('windows-server-2022');

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Every byte that differs, by cmp, lies in the load RBA of one of the entries, and each of them differs somewhere. */
async function assertPatchedOnlyAt(before: string, after: string, entryOffsets: readonly number[]): Promise<void> {
  const report = await run('cmp', '-l', before, after).catch((error: { stdout: string }) => error.stdout);
  const differences = report
    .trim()
    .split('\n')
    .map((line) => Number(line.trim().split(/\s+/)[0]) - 1);
  const patched = differences.map((offset) => entryOffsets.find((at) => offset >= at + 8 && offset < at + 12));
  assert.deepEqual([...new Set(patched)], entryOffsets, differences.join());
}

async function noPromptOf(bytes: Buffer): Promise<NoPromptAvailable> {
  const { noPrompt } = await inspectMedia(bufferSource(bytes));
  assert.ok(noPrompt.available);
  return noPrompt;
}

test('a patched disc boots the other image, and only the entry’s load RBA differs', async (t) => {
  const before = await readFile(MEDIA);
  const facts = await noPromptOf(before);
  const folder = await temporaryFolder(t);
  await collect(applyPatches(pieces(before, 64 * 1024), noPromptPatch(facts)), `${folder}/patched.iso`);
  await assertPatchedOnlyAt(MEDIA, `${folder}/patched.iso`, facts.entryOffsets);

  const report = await run('xorriso', '-indev', `${folder}/patched.iso`, '-report_el_torito', 'plain');
  const lba = Number(/boot img :\s+\d+\s+UEFI\s.*\s(\d+)$/m.exec(report)?.[1]);
  const image = (await readFile(`${folder}/patched.iso`)).subarray(lba * 2048, lba * 2048 + facts.size);
  await run('bsdtar', '-xf', MEDIA, '-C', folder, 'efi/microsoft/boot/efisys_noprompt.bin');
  assert.deepEqual(image, await readFile(`${folder}/efi/microsoft/boot/efisys_noprompt.bin`));
});

test('a disc that never asks needs no patch', async () => {
  const before = await readFile(MEDIA);
  const patched = await collect(applyPatches(pieces(before, 4096), noPromptPatch(await noPromptOf(before))));
  assert.deepEqual(noPromptPatch(await noPromptOf(patched)), []);
});

/** Media with one thing changed, and why they have no image that asks for no key, then. */
async function reasonWith(change: (bytes: Buffer, facts: NoPromptAvailable) => void): Promise<string> {
  const bytes = Buffer.from(await readFile(MEDIA));
  change(bytes, await noPromptOf(bytes));
  const { noPrompt } = await inspectMedia(bufferSource(bytes));
  assert.throws(() => noPromptPatch(noPrompt), failure('iso.no-prompt'));
  return noPrompt.available ? '' : noPrompt.reason;
}

test('an image that is no FAT file system, or another one than the entry loads now, is not taken', async () => {
  const image = 'efi/microsoft/boot/efisys_noprompt.bin';
  const cases: readonly [RegExp, (bytes: Buffer, facts: NoPromptAvailable) => void][] = [
    [/ is not a FAT image$/, (bytes, { toRba }) => bytes.writeUInt8(0, toRba * 2048 + 13)],
    [/ is not a FAT image$/, (bytes, { toRba }) => bytes.writeUInt16LE(500, toRba * 2048 + 11)],
    [/ is not a FAT image$/, (bytes, { toRba }) => bytes.writeUInt8(0xf1, toRba * 2048 + 21)],
    [/ has 131072 bytes, but its FAT says 131584$/, (bytes, { toRba }) => bytes.writeUInt16LE(257, toRba * 2048 + 19)],
    [
      / a file system of 130560 bytes, expected 131072 /,
      (bytes, { toRba }) => bytes.writeUInt16LE(255, toRba * 2048 + 19),
    ],
    [/ the media byte 248, expected 240 /, (bytes, { toRba }) => bytes.writeUInt8(0xf8, toRba * 2048 + 21)],
    [/ no jump at its beginning /, (bytes, { toRba }) => bytes.writeUInt8(0, toRba * 2048)],
    [/ no 55 AA at the end of its first sector /, (bytes, { toRba }) => bytes.writeUInt8(0, toRba * 2048 + 510)],
    [
      /: what the boot entry loads now is not a FAT image$/,
      (bytes, { fromRba }) => bytes.writeUInt8(0, fromRba * 2048 + 16),
    ],
    [
      / has 131072 bytes, but the boot entry loads 131584$/,
      (bytes, { entryOffsets: [entry = 0] }) => bytes.writeUInt16LE(257, entry + 6),
    ],
  ];
  for (const [expected, change] of cases) {
    const reason = await reasonWith(change);
    assert.match(reason, expected);
    assert.ok(reason.startsWith(image), reason);
  }
});

/** Adds sections with one EFI entry each to the boot catalogue, loading from these sectors. */
function addEntries(
  bytes: Buffer,
  { entryOffsets: [entry = 0] }: NoPromptAvailable,
  loaded: readonly number[],
): number[] {
  bytes.writeUInt8(0x90, entry - 32);
  return loaded.map((rba, index) => {
    const at = entry + 32 + index * 64;
    bytes.copyWithin(at, entry - 32, entry + 32);
    bytes.writeUInt8(index === loaded.length - 1 ? 0x91 : 0x90, at);
    bytes.writeUInt32LE(rba, at + 32 + 8);
    return at + 32;
  });
}

test('of several EFI entries, those that load the image that asks are patched, and no others', async (t) => {
  const folder = await temporaryFolder(t);
  const bytes = Buffer.from(await readFile(MEDIA));
  const facts = await noPromptOf(bytes);
  // A copy of efisys.bin outside of the file system, a stranger, and one that does not ask already.
  const image = bytes.subarray(facts.fromRba * 2048, facts.fromRba * 2048 + facts.size);
  const stranger = Buffer.from(image);
  stranger.fill(1, 4096);
  const end = bytes.length / 2048;
  const media = Buffer.concat([bytes, stranger, image]);
  const [entry = 0] = facts.entryOffsets;
  const added = addEntries(media, facts, [end, facts.fromRba, facts.toRba]);
  await writeFile(`${folder}/several.iso`, media);
  const several = await noPromptOf(media);
  assert.deepEqual(several.entryOffsets, [entry, added[1]]);
  await collect(applyPatches(pieces(media, 5000), noPromptPatch(several)), `${folder}/patched.iso`);
  await assertPatchedOnlyAt(`${folder}/several.iso`, `${folder}/patched.iso`, several.entryOffsets);

  // What is not bootable is none of firmware's choices.
  media.writeUInt8(0, entry);
  assert.deepEqual((await noPromptOf(media)).entryOffsets, [added[1]]);
  media.writeUInt8(0x88, entry);

  // The file may not be where the entry loads it from: its bytes count.
  media.writeUInt32LE(end + stranger.length / 2048, entry + 8);
  media.writeUInt32LE(end + stranger.length / 2048, (added[1] ?? 0) + 8);
  assert.deepEqual((await noPromptOf(media)).entryOffsets, [entry, added[1]]);
});

test('among several EFI entries that load strangers, none is guessed', async () => {
  const bytes = Buffer.from(await readFile(MEDIA));
  const facts = await noPromptOf(bytes);
  const stranger = Buffer.from(bytes.subarray(facts.fromRba * 2048, facts.fromRba * 2048 + facts.size));
  stranger.fill(1, 4096);
  const media = Buffer.concat([bytes, stranger, stranger.fill(2, 4096)]);
  addEntries(media, facts, [bytes.length / 2048]);
  media.writeUInt32LE((bytes.length + stranger.length) / 2048, (facts.entryOffsets[0] ?? 0) + 8);
  const { noPrompt } = await inspectMedia(bufferSource(media));
  assert.match(noPrompt.available ? '' : noPrompt.reason, /^several EFI entries load different images/);
});

test('a damaged boot catalogue is told with its place', async () => {
  const original = await readFile(MEDIA);
  const [entry = 0] = (await noPromptOf(original)).entryOffsets;
  const catalogue = entry - 96;
  for (const [at, value] of [
    [0, 2],
    [28, 1],
    [30, 0],
    [32, 1],
  ] as const) {
    const bytes = Buffer.from(original);
    bytes.writeUInt8(value, catalogue + at);
    await assert.rejects(inspectMedia(bufferSource(bytes)), (error: unknown) => {
      assert.ok(failure('iso.corrupt')(error));
      assert.match(String(error), new RegExp(`(validation|default) entry at offset ${catalogue + (at < 32 ? 0 : 32)}`));
      return true;
    });
  }
});

test('patches are applied whatever the sizes of the chunks, and chunks without one pass untouched', async () => {
  const arbitrary = fc.record({
    bytes: fc.uint8Array({ minLength: 20, maxLength: 200 }),
    chunk: fc.integer({ min: 1, max: 64 }),
    offset: fc.nat(15),
    patch: fc.uint8Array({ minLength: 0, maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ bytes, chunk, offset, patch }) => {
      const expected = Buffer.from(bytes);
      expected.set(patch, offset);
      const original = Buffer.from(bytes);
      const result = await collect(applyPatches(pieces(original, chunk), [{ offset, bytes: patch }]));
      assert.deepEqual(result, expected);
      assert.deepEqual(original, Buffer.from(bytes), 'the chunks of the source are not written to');
    }),
    { numRuns: 200 },
  );
  await assert.rejects(
    collect(applyPatches(pieces(Buffer.alloc(10), 4), [{ offset: 8, bytes: Buffer.alloc(4) }])),
    failure('iso.patch'),
  );
});
