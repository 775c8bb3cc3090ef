import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { compareWithLease } from '../../../vsphere/ovf/manifest.ts';

const digest = (algorithm: string) => createHash(algorithm).update('disk').digest('hex');
const [sha1, sha256] = [digest('sha1'), digest('sha256')];
const told = { key: '/vm-1/disk', sha1, size: 4, disk: true };

function compare(entry: Partial<typeof told & { checksum: string; checksumType: string }>, bytes?: number): void {
  const file = { name: 'disk.vmdk', sha1, sha256, ...(bytes === undefined ? {} : { bytes }) };
  compareWithLease([{ ...told, ...entry }], new Map([[told.key, file]]));
}

test('what vCenter tells of a file has to be so; what it does not tell is not asked', () => {
  compare({}, 4);
  compare({ sha1: '' }, 4);
  compare({ sha1: '', checksum: sha256.toUpperCase(), checksumType: 'sha256' }, 4);
  compare({ key: 'another', sha1: 'f' }, 4);
  for (const wrong of [{ sha1: 'f' }, { checksum: sha1, checksumType: 'sha256' }, { size: 5 }])
    assert.throws(() => compare(wrong, 4), { code: 'ovf.digest' });
});

test('sizes are compared where a file was downloaded; of one that was sent vCenter may tell another', () => {
  assert.throws(() => compare({ size: 4096 }, 4), { code: 'ovf.digest' });
  compare({ size: 4096 });
  assert.throws(() => compare({ size: 4096, sha1: 'f' }), { code: 'ovf.digest' });
});
