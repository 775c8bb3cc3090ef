import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { loadImage } from '../../image/index.ts';
import { guestAccess } from '../../steps/guest-access.ts';
import { root } from '../cli/ingot.ts';

async function access(vcenter: () => Promise<never>) {
  const vars = { vcenter: 'vcenter.example.com', vcenter_user: 'u' };
  const { image, problems } = await loadImage(join(root, 'images/windows-server-20h2.yaml'), { vars });
  assert.ok(image, JSON.stringify(problems));
  return guestAccess({ image, vcenter, password: async () => '', hostKeys: async () => [], port: 22 });
}

const failure = () => new IngotError('vsphere.unreachable', 'expected vCenter, found nothing');

test('a step that waits for the session of another goes on when that one is stopped', async () => {
  const stopped = new AbortController();
  let asked = 0;
  const guests = await access(async () => {
    asked += 1;
    if (asked > 1) throw failure();
    return new Promise((_, reject) => stopped.signal.addEventListener('abort', () => reject(stopped.signal.reason)));
  });
  const first = guests.open(stopped.signal);
  const second = guests.open(new AbortController().signal);
  stopped.abort(new Error('stopped by the test'));
  await assert.rejects(first, /stopped by the test/);
  await assert.rejects(second, { code: 'vsphere.unreachable' });
  assert.equal(asked, 2);
});

test('what is wrong is told to all that wait, and asked for once; who is stopped does not wait', async () => {
  let asked = 0;
  const wrong = Promise.withResolvers<never>();
  const guests = await access(() => {
    asked += 1;
    return wrong.promise;
  });
  const stopped = new AbortController();
  const waiting = [guests.open(new AbortController().signal), guests.open(new AbortController().signal)];
  const leaving = guests.open(stopped.signal);
  stopped.abort(new Error('stopped by the test'));
  await assert.rejects(leaving, /stopped by the test/);
  wrong.reject(failure());
  for (const one of waiting) await assert.rejects(one, { code: 'vsphere.unreachable' });
  assert.equal(asked, 1);
});
