import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
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

  const differences = (
    await run('cmp', '-l', MEDIA, `${folder}/patched.iso`).catch((error: { stdout: string }) => error.stdout)
  )
    .trim()
    .split('\n')
    .map((line) => Number(line.trim().split(/\s+/)[0]) - 1);
  assert.ok(differences.length > 0);
  for (const offset of differences)
    assert.ok(offset >= facts.entryOffset + 8 && offset < facts.entryOffset + 12, String(offset));

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

test('an image that is no FAT file system is not taken', async () => {
  const bytes = Buffer.from(await readFile(MEDIA));
  const { toRba } = await noPromptOf(bytes);
  bytes.writeUInt8(0, toRba * 2048 + 13);
  const { noPrompt } = await inspectMedia(bufferSource(bytes));
  assert.deepEqual(noPrompt, {
    available: false,
    reason: 'efi/microsoft/boot/efisys_noprompt.bin is not a FAT image',
  });
  assert.throws(() => noPromptPatch(noPrompt), failure('iso.no-prompt'));
});

test('a boot entry that loads more than the image holds is not pointed at it', async () => {
  const bytes = Buffer.from(await readFile(MEDIA));
  bytes.writeUInt16LE(257, (await noPromptOf(bytes)).entryOffset + 6);
  const { noPrompt } = await inspectMedia(bufferSource(bytes));
  assert.match(noPrompt.available ? '' : noPrompt.reason, /has 131072 bytes, but the boot entry loads 131584/);
});

test('a damaged boot catalogue is told with its place', async () => {
  const original = await readFile(MEDIA);
  const catalogue = (await noPromptOf(original)).entryOffset - 96;
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
