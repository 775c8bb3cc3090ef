import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { RangedBytes } from '../../../vsphere/ovf/package.ts';
import { verified } from '../../../vsphere/ovf/verified.ts';

const pieces = ['first', 'second', 'last'].map((text) => Buffer.from(text));
const whole = Buffer.concat(pieces);
const source: RangedBytes = {
  name: 'disk.vmdk',
  size: whole.length,
  read: async (offset, length) => whole.subarray(offset, offset + length),
  async *stream() {
    yield* pieces;
  },
};

/** What comes out before the end, or before an error. */
async function taken(from: AsyncIterable<Uint8Array>): Promise<{ readonly text: string; readonly error?: unknown }> {
  let text = '';
  try {
    for await (const piece of from) text += Buffer.from(piece).toString();
    return { text };
  } catch (error) {
    return { text, error };
  }
}

for (const algorithm of ['sha1', 'sha256', 'sha512'] as const) {
  test(`${algorithm}: all of it, or all but the last piece`, async () => {
    const digest = createHash(algorithm).update(whole).digest('hex');
    assert.deepEqual(await taken(verified(source, { algorithm, digest })), { text: 'firstsecondlast' });
    const wrong = await taken(
      verified(source, { algorithm, digest: digest.replace(/^./, (c) => (c === '0' ? '1' : '0')) }),
    );
    assert.equal(wrong.text, 'firstsecond');
    assert.ok(wrong.error instanceof Error && 'code' in wrong.error && wrong.error.code === 'ovf.digest');
  });
}

test('without a manifest too a file that is too short is not sent whole', async () => {
  const short = await taken(verified({ ...source, size: whole.length + 1 }, undefined));
  assert.equal(short.text, 'firstsecond');
  assert.ok(short.error instanceof Error && 'code' in short.error && short.error.code === 'ovf.package');
});
