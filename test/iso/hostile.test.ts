import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inspectMedia } from '../../iso/inspect.ts';
import { pagedSource } from '../../iso/paged-source.ts';
import { bufferSource } from '../../iso/source.ts';
import { judge } from './fuzz/judge.ts';
import { mutant } from './fuzz/mutate.ts';
import { makeSeeds } from './fuzz/seeds.ts';
import { random } from './mutate.ts';
import { failure, sample } from './tools.ts';

const MUTATIONS = 2000;

test('mutated media of every format end in facts or in an error with structure and offset, soon', async () => {
  const seeds = await makeSeeds();
  for (const { name, kind, bytes, targets } of seeds) {
    assert.equal((await judge(bytes, kind)).code, 'read', name);
    assert.ok(targets.length > 1, name);
  }
  const next = random(20_260_121);
  const codes = new Map<string, number>();
  for (let count = 0; count < MUTATIONS; count += 1) {
    const seed = seeds[count % seeds.length];
    assert.ok(seed);
    const made = mutant(seed, next);
    const { code, finding } = await judge(made.image, seed.kind);
    assert.equal(finding, undefined, `mutation ${count} of ${seed.name}`);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    made.undo();
  }
  for (const code of ['iso.corrupt', 'read']) {
    assert.ok((codes.get(code) ?? 0) > MUTATIONS / 10, JSON.stringify([...codes]));
  }
});

test('a file that was cut off is corrupt where it ends, whatever stood there', async () => {
  const original = await readFile(sample('windows-server-20h2'));
  await inspectMedia(bufferSource(original.subarray(0, original.length - 2048)));
  for (const size of [900_000, 600_000, 530_000, 524_300, 500_000]) {
    const image = bufferSource(original.subarray(0, size));
    await assert.rejects(inspectMedia(image), failure('iso.corrupt', new RegExp(`the file ends at ${size}`)));
  }
  for (const size of [34_000, 20_000, 0]) {
    await assert.rejects(inspectMedia(bufferSource(original.subarray(0, size))), failure('iso.unknown'));
  }
});

test('no more is read than the budget, whatever the image asks for', async () => {
  const endless = { name: 'endless', size: 2 ** 40, read: async (_: number, length: number) => Buffer.alloc(length) };
  const source = pagedSource(endless, { pageSize: 4096, budget: 16_384 });
  await source.read(0, 4096);
  await source.read(100, 50);
  assert.deepEqual([source.bytesRead(), source.reads()], [4096, 1], 'a page is read once');
  await source.read(2 ** 39 + 1000, 8192);
  assert.deepEqual([source.bytesRead(), source.reads()], [16_384, 2]);
  await assert.rejects(source.read(8192, 1), failure('iso.corrupt', /^image at offset 8192/));
  await assert.rejects(source.read(2 ** 40 - 1, 2), failure('iso.truncated'));
});
