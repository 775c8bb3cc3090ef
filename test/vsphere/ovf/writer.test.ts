import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type Pieces, writePieces } from '../../../vsphere/ovf/writer.ts';

const pieces = ['one', 'three'].map((text) => Buffer.from(text));

test('bytes that are taken in part are written to the end', async () => {
  const file = Buffer.alloc(12);
  const handle: Pieces = {
    async write(buffer, offset, length, position) {
      const bytesWritten = Math.min(2, length);
      file.set(buffer.subarray(offset, offset + bytesWritten), position);
      return { bytesWritten };
    },
  };
  const written = await writePieces(handle, 4, 'file', pieces);
  assert.equal(file.toString(), '\0\0\0\0onethree');
  const digest = (algorithm: string) => createHash(algorithm).update('onethree').digest('hex');
  assert.deepEqual(written, { name: 'file', bytes: 8, sha256: digest('sha256'), sha1: digest('sha1') });
});

test('a file system that is full is told as that', async () => {
  const full: Pieces = { write: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })) };
  await assert.rejects(writePieces(full, 0, 'file', pieces), { code: 'ovf.no-space' });
});
