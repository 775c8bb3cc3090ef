import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { filePieces } from '../../steps/vcenter/file-pieces.ts';

const folder = await mkdtemp(join(tmpdir(), 'ingot-pieces-'));
after(() => rm(folder, { recursive: true }));

const MIB = 2 ** 20;
for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB, 3 * MIB + 1, 9 * MIB + 77]) {
  test(`${size} bytes come whole and in order, in pieces of the same memory`, async () => {
    const bytes = randomBytes(size);
    const file = join(folder, `${size}`);
    await writeFile(file, bytes);
    const hash = createHash('sha256');
    const memory = new Set<ArrayBufferLike>();
    let done = 0;
    for await (const piece of filePieces(file)) {
      hash.update(piece);
      done += piece.length;
      memory.add(piece.buffer);
    }
    assert.equal(done, size);
    assert.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
    assert.ok(memory.size <= 3, `${memory.size} buffers`);
  });
}

test('a reader that stops, or is stopped, closes the file', async () => {
  const file = join(folder, 'stopped');
  await writeFile(file, randomBytes(8 * MIB));
  for await (const piece of filePieces(file)) {
    assert.equal(piece.length, MIB);
    break;
  }
  const reason = new Error('stop');
  await assert.rejects(
    async () => {
      for await (const _ of filePieces(file, AbortSignal.abort(reason))) assert.fail('a piece');
    },
    (error) => error === reason,
  );
  assert.deepEqual(await openFiles(file), []);
});

/** Links of /proc/self/fd that lead there. */
async function openFiles(file: string): Promise<string[]> {
  const numbers = await readdir('/proc/self/fd').catch(() => []);
  const links = await Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')));
  return links.filter((link) => link === file);
}
