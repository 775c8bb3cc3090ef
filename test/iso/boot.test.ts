import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { inspectMedia } from '../../iso/inspect.ts';
import { noPromptPatch } from '../../iso/no-prompt.ts';
import { applyPatches } from '../../iso/patch.ts';
import { openFileSource } from '../../iso/source.ts';
import { ingot } from '../cli/ingot.ts';
import { bootableMedia, bootOnce } from './firmware.ts';
import { collect, temporaryFolder } from './tools.ts';

const WORDS = { prompt: 'IMAGE-THAT-ASKS', noPrompt: 'IMAGE-THAT-DOES-NOT-ASK' };
/** A machine takes some 5 s, emulated and alone on one core. */
const DEADLINE = 60_000;

/** Which of the two EFI programs real firmware started from the disc. */
async function booted(t: TestContext, iso: string): Promise<string> {
  const shown = await bootOnce(iso, AbortSignal.any([t.signal, AbortSignal.timeout(DEADLINE)]));
  const words = Object.values(WORDS).filter((word) => shown.split(/\r?\n/).includes(word));
  assert.equal(words.length, 1, shown);
  return words[0] ?? '';
}

test('UEFI firmware boots the image that asks from media as they are', async (t) => {
  const iso = await bootableMedia(await temporaryFolder(t), WORDS);
  assert.equal(await booted(t, iso), WORDS.prompt);
});

test('UEFI firmware boots the image that does not ask after ingot iso noprompt', async (t) => {
  const folder = await temporaryFolder(t);
  const iso = await bootableMedia(folder, WORDS);
  const before = await readFile(iso);
  const { code, stderr } = await ingot(['iso', 'noprompt', iso, `${folder}/patched.iso`]);
  assert.equal(code, 0, stderr);
  assert.equal(await booted(t, `${folder}/patched.iso`), WORDS.noPrompt);
  assert.ok(before.equals(await readFile(iso)), 'the original stays as it is');
});

test('UEFI firmware boots the image that does not ask from what is uploaded', async (t) => {
  const folder = await temporaryFolder(t);
  const iso = await bootableMedia(folder, WORDS);
  await using source = await openFileSource(iso);
  const { noPrompt } = await inspectMedia(source);
  await collect(applyPatches(createReadStream(iso), noPromptPatch(noPrompt)), `${folder}/uploaded.iso`);
  assert.equal(await booted(t, `${folder}/uploaded.iso`), WORDS.noPrompt);
});
