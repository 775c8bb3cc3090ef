import assert from 'node:assert/strict';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { BuildEvent } from '../../pipeline/events.ts';
import { ended } from '../cli/ingot.ts';
import { builtFrom } from './built.ts';
import { answerDiscs, openSite } from './site.ts';

const site = await openSite({ smokeTest: false });

test('a build that is interrupted while it uploads the answer disc leaves nothing of it: it holds a password', async () => {
  const large = join(site.folder, 'large.bin');
  await writeFile(large, '');
  await truncate(large, 300 * 2 ** 20);
  const child = site.start(await site.image('half', { media: { files: [{ from: large }] } }));
  const end = ended(child);
  let during: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    const uploads = event.type === 'step-progress' && event.message === 'Uploading the answer disc';
    if (!uploads || event.done === 0 || during.length > 0) continue;
    during = await answerDiscs(site);
    child.kill('SIGINT');
  }
  const built = builtFrom(await end);
  assert.equal(built.end.status, 'interrupted');
  assert.equal(during.length, 1, 'it was there in part');
  assert.deepEqual(await answerDiscs(site), []);
});
