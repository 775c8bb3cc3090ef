import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { chmod, link, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inspectMedia } from '../../iso/inspect.ts';
import { noPromptPatch } from '../../iso/no-prompt.ts';
import { copyWithoutPrompt } from '../../iso/no-prompt-copy.ts';
import { applyPatches } from '../../iso/patch.ts';
import { openFileSource } from '../../iso/source.ts';
import { collect, failure, run, sample, temporaryFolder } from './tools.ts';

const MEDIA = sample('windows-server-20h2');
const OPTIONS = { force: false, signal: new AbortController().signal };

async function factsOf(path: string) {
  await using source = await openFileSource(path);
  const { noPrompt } = await inspectMedia(source);
  assert.ok(noPrompt.available);
  return noPrompt;
}

test('the copy differs in bytes 8 to 11 of the EFI entry only, and the original not at all', async (t) => {
  const folder = await temporaryFolder(t);
  const before = await readFile(MEDIA);
  const { mtimeMs } = await stat(MEDIA);
  const { entryOffsets, fromRba, toRba } = await factsOf(MEDIA);
  assert.deepEqual(await copyWithoutPrompt(MEDIA, `${folder}/out.iso`, OPTIONS), {
    patched: true,
    entries: 1,
    fromRba,
    toRba,
  });
  const report = await run('cmp', '-l', MEDIA, `${folder}/out.iso`).catch((error: { stdout: string }) => error.stdout);
  const offsets = report
    .trim()
    .split('\n')
    .map((line) => Number(line.trim().split(/\s+/)[0]) - 1);
  const [entry = 0] = entryOffsets;
  assert.ok(offsets.length > 0 && offsets.every((offset) => offset >= entry + 8 && offset < entry + 12), report);
  assert.equal((await factsOf(`${folder}/out.iso`)).fromRba, toRba);
  assert.ok(before.equals(await readFile(MEDIA)));
  assert.equal((await stat(MEDIA)).mtimeMs, mtimeMs);
  const uploaded = await collect(applyPatches(createReadStream(MEDIA), noPromptPatch(await factsOf(MEDIA))));
  assert.ok(uploaded.equals(await readFile(`${folder}/out.iso`)), 'the upload has the same bytes');
});

test('media that ask for no key are copied as they are, also if the entry loads a copy of the image', async (t) => {
  const folder = await temporaryFolder(t);
  await copyWithoutPrompt(MEDIA, `${folder}/once.iso`, OPTIONS);
  assert.deepEqual(await copyWithoutPrompt(`${folder}/once.iso`, `${folder}/twice.iso`, OPTIONS), { patched: false });
  await run('cmp', `${folder}/once.iso`, `${folder}/twice.iso`);

  const bytes = await readFile(MEDIA);
  const { size, toRba, entryOffsets } = await factsOf(MEDIA);
  const outside = Buffer.concat([bytes, bytes.subarray(toRba * 2048, toRba * 2048 + size)]);
  outside.writeUInt32LE(bytes.length / 2048, (entryOffsets[0] ?? 0) + 8);
  await writeFile(`${folder}/outside.iso`, outside);
  const result = await copyWithoutPrompt(`${folder}/outside.iso`, `${folder}/copy.iso`, OPTIONS);
  assert.deepEqual(result, { patched: false });
  await run('cmp', `${folder}/outside.iso`, `${folder}/copy.iso`);
});

test('the original is never written to, by whatever name', async (t) => {
  const folder = await temporaryFolder(t);
  const original = `${folder}/in.iso`;
  const bytes = await readFile(MEDIA);
  await writeFile(original, bytes);
  await link(original, `${folder}/hard.iso`);
  await symlink('in.iso', `${folder}/soft.iso`);
  for (const out of ['in.iso', 'hard.iso', 'soft.iso']) {
    const copying = copyWithoutPrompt(original, `${folder}/${out}`, { ...OPTIONS, force: true });
    await assert.rejects(copying, failure('iso.output'), out);
  }
  assert.ok(bytes.equals(await readFile(original)));
  assert.deepEqual((await readdir(folder)).sort(), ['hard.iso', 'in.iso', 'soft.iso']);
});

test('another file is replaced only if asked for, and a copy of what is read-only can be made', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(`${folder}/out.iso`, 'old');
  await assert.rejects(copyWithoutPrompt(MEDIA, `${folder}/out.iso`, OPTIONS), failure('iso.output'));
  assert.equal(await readFile(`${folder}/out.iso`, 'utf8'), 'old');
  await writeFile(`${folder}/in.iso`, await readFile(MEDIA));
  await chmod(`${folder}/in.iso`, 0o444);
  await copyWithoutPrompt(`${folder}/in.iso`, `${folder}/out.iso`, { ...OPTIONS, force: true });
  assert.equal((await factsOf(`${folder}/out.iso`)).fromRba, (await factsOf(MEDIA)).toRba);
});

test('media without such an image leave nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  const copying = copyWithoutPrompt(sample('vmware-tools'), `${folder}/out.iso`, OPTIONS);
  await assert.rejects(copying, failure('iso.no-prompt'));
  await assert.rejects(copyWithoutPrompt(`${folder}/none.iso`, `${folder}/out.iso`, OPTIONS), failure('iso.open'));
  const signal = AbortSignal.abort();
  await assert.rejects(copyWithoutPrompt(MEDIA, `${folder}/out.iso`, { force: false, signal }), { name: 'AbortError' });
  assert.deepEqual(await readdir(folder), []);
});

test('zeros need no space in the copy', async (t) => {
  const folder = await temporaryFolder(t);
  const size = 64 * 1024 * 1024;
  await writeFile(`${folder}/in.iso`, await readFile(MEDIA));
  await using handle = await open(`${folder}/in.iso`, 'r+');
  await handle.truncate(size);
  await handle.write('end', size - 3);
  await copyWithoutPrompt(`${folder}/in.iso`, `${folder}/out.iso`, OPTIONS);
  const copy = await stat(`${folder}/out.iso`);
  assert.equal(copy.size, size);
  assert.ok(copy.blocks * 512 < 8 * 1024 * 1024, `${copy.blocks} blocks`);
  await using source = await openFileSource(`${folder}/out.iso`);
  assert.equal((await source.read(size - 4, 4)).toString('latin1'), '\0end');
});
