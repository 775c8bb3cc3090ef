import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { inspectMedia } from '../../iso/inspect.ts';
import { pagedSource } from '../../iso/paged-source.ts';
import { bufferSource } from '../../iso/source.ts';
import { descriptors, mutate, outcome, random } from './mutate.ts';
import { failure, sample } from './tools.ts';

const MUTATIONS = 1500;
const SLOWEST_MS = 1000;

test('mutated media end in facts or in an error of this room, soon', async () => {
  const original = await readFile(sample('windows-server-20h2'));
  const offsets = descriptors(original);
  assert.ok(offsets.length > 30);
  const next = random(20_260_121);
  const codes = new Map<string, number>();
  for (let count = 0; count < MUTATIONS; count += 1) {
    const image = mutate(original, offsets, next);
    const begin = performance.now();
    const code = await outcome(image);
    assert.ok(performance.now() - begin < SLOWEST_MS, `mutation ${count} took too long`);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  assert.ok((codes.get('iso.corrupt') ?? 0) > MUTATIONS / 10, JSON.stringify([...codes]));
  assert.ok((codes.get('read') ?? 0) > MUTATIONS / 10, JSON.stringify([...codes]));
});

test('a truncated image names structure and offset', async () => {
  const original = await readFile(sample('windows-server-20h2'));
  for (const [size, code] of [
    [original.length - 2048, undefined],
    [900_000, 'iso.corrupt'],
    [600_000, 'iso.corrupt'],
    [500_000, 'iso.corrupt'],
    [45_000, 'iso.corrupt'],
    [20_000, 'iso.unknown'],
    [0, 'iso.unknown'],
  ] as const) {
    const image = bufferSource(original.subarray(0, size));
    if (code === undefined) await inspectMedia(image);
    else {
      await assert.rejects(inspectMedia(image), (error: unknown) => {
        assert.ok(error instanceof IngotError);
        assert.equal(error.code, code, error.message);
        if (code !== 'iso.unknown') assert.match(error.evidence?.join(' ') ?? '', /offset: \d+/);
        assert.ok(error.remedy);
        return true;
      });
    }
  }
});

test('no more is read than the budget, whatever the image asks for', async () => {
  const endless = { name: 'endless', size: 2 ** 40, read: async (_: number, length: number) => Buffer.alloc(length) };
  const source = pagedSource(endless, { pageSize: 4096, budget: 16_384 });
  await source.read(0, 4096);
  await source.read(100, 50);
  assert.equal(source.bytesRead(), 4096, 'a page is read once');
  await source.read(2 ** 39 + 1000, 8192);
  assert.equal(source.bytesRead(), 16_384);
  await assert.rejects(source.read(8192, 1), failure('iso.corrupt'));
  await assert.rejects(source.read(2 ** 40 - 1, 2), failure('iso.truncated'));
});
