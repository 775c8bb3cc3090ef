import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadImage } from '../../image/index.ts';
import { vmRecords } from '../../steps/vcenter/records.ts';
import { root } from '../cli/ingot.ts';

const vars = { vcenter: 'vcenter.example.com', vcenter_user: 'u' };
const { image } = await loadImage(join(root, 'images/windows-server-20h2.yaml'), { vars });
const record = { step: 'docker', fingerprint: 'f', output: {}, proof: [], finishedAt: '2026-11-21T12:00:00Z' };

test('what was finished is written at the end, but not by a build that has lost its lease', async () => {
  assert.ok(image);
  const lost = new AbortController();
  let asked = 0;
  const away = new Error('vCenter was asked');
  const vcenter = () => {
    asked += 1;
    return Promise.reject(away);
  };
  const records = vmRecords(image, vcenter, lost.signal);
  records.save(record);
  await assert.rejects(records.flush(), away);
  assert.equal(asked, 1);
  lost.abort();
  records.abandon();
  await records.flush();
  assert.equal(asked, 1, 'the master may have been taken back to an earlier layer: the record would be a lie');
});
