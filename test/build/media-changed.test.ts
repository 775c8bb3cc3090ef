import assert from 'node:assert/strict';
import { copyFile, open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { BuildEvent } from '../../pipeline/events.ts';
import { ended, root } from '../cli/ingot.ts';
import { assertFailed, builtFrom } from './built.ts';
import { openSite } from './site.ts';

const site = await openSite({ smokeTest: false });
const sample = join(root, 'lab/media/windows-server-20h2.iso');
const media = async () => (await site.govc('datastore.ls', 'ingot/media').catch(() => '')).trim();

// What is looked at here is over when the VM is made.
await site.lab.faults.inject({ kind: 'soap', method: 'CreateVM_Task', type: 'InvalidName', times: 1000 });

for (const [how, change] of [
  ['written to, and as long as before', write],
  [
    'replaced by another of its size',
    async (iso: string) => {
      await copyFile(sample, `${iso}.new`);
      await write(`${iso}.new`);
      await rename(`${iso}.new`, iso);
    },
  ],
  ['cut off', async (iso: string) => truncate(iso, 500_000)],
] as const) {
  test(`an ISO that is ${how} after it was inspected is not brought`, async () => {
    const name = `changed-${how.replaceAll(/[^a-z]+/g, '-')}`;
    const iso = join(site.folder, `${name}.iso`);
    await copyFile(sample, iso);
    // The folder of the media is made just before the upload: by then the file is another.
    await site.lab.faults.inject({ kind: 'delay', method: 'MakeDirectory', milliseconds: 2000 });
    const child = site.start(await site.image(name, { media: { iso } }));
    const end = ended(child);
    for await (const line of createInterface(child.stdout)) {
      const event: BuildEvent = JSON.parse(line);
      if (event.type === 'step-finished' && event.step === 'inspect-media') await change(iso);
    }
    assertFailed(builtFrom(await end), {
      step: 'upload-iso',
      code: 'media.changed',
      message: new RegExp(`^expected .*${name}\\.iso to stay as it was inspected, found it written to since$`),
      remedy: /build again/,
    });
    // A server may write what it has of a broken upload when its partial file was deleted already: that is swept later.
    assert.doesNotMatch(await media(), /^sha256-/m);
  });
}

test('a digest that is remembered wrongly fails one build, not all', async () => {
  const iso = join(site.folder, 'remembered.iso');
  await copyFile(sample, iso);
  const file = await site.image('remembered', { media: { iso } });
  const create = async () => assert.equal((await site.build(file)).of('step-failed')[0]?.step, 'create-vm');
  await create();
  const digests = join(site.folder, '.ingot/digests.json');
  const text = await readFile(digests, 'utf8');
  await site.govc('datastore.rm', '-f', 'ingot/media');
  await writeFile(digests, text.replaceAll(/"sha256":"[0-9a-f]{8}/g, '"sha256":"00000000'));
  assertFailed(await site.build(file), {
    step: 'upload-iso',
    code: 'media.changed',
    message: /to have the SHA-256 0{8}[0-9a-f]{56} still, found [0-9a-f]{64}$/,
    remedy: /build again/,
  });
  await create();
  // One that is no digest at all is not believed in the first place.
  await site.govc('datastore.rm', '-f', 'ingot/media');
  await writeFile(digests, text.replaceAll(/"sha256":"[0-9a-f]{64}/g, '"sha256":"damaged'));
  await create();
});

async function write(iso: string): Promise<void> {
  const handle = await open(iso, 'r+');
  await handle.write('OTHER', 0);
  await handle.close();
}
