import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../cli/ingot.ts';
import { assertDone, type Built } from './built.ts';
import { datastoreFolder } from './pruned.ts';
import { openSite, type Site, tool } from './site.ts';

const sites = await Promise.all(
  ['upload-cut', 'upload-token-expired'].map((name) =>
    openSite({ scenario: join(root, `lab/scenarios/${name}.yaml`), smokeTest: false }),
  ),
);
const [cut, expired] = sites;
assert.ok(cut && expired);

/** What the build said of an upload that began anew: in the step, or as a warning. */
function told(built: Built): string[] {
  return [...built.of('step-log'), ...built.of('warning')]
    .map(({ message }) => message)
    .filter((message) => message.startsWith('uploading '));
}

/** Every ISO among the media has its digest beside it, as sha256sum finds it; nothing else is there. */
async function assertWhole(site: Site): Promise<void> {
  const media = join(await datastoreFolder(site), 'ingot/media');
  const names = (await site.govc('datastore.ls', 'ingot/media')).trim().split('\n');
  assert.deepEqual(
    names.filter((name) => name.endsWith('.partial')),
    [],
  );
  const isos = names.filter((name) => name.endsWith('.iso'));
  assert.ok(isos.length > 0);
  for (const iso of isos) {
    const file = join(media, iso);
    const digest = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    assert.ok(iso.startsWith(`sha256-${digest.slice(0, 12)}-`), iso);
    assert.equal(await readFile(`${file}.sha256`, 'utf8'), `${digest}  ${iso}\n`);
    await tool('sh', '-c', 'cd "$1" && sha256sum --check --strict "$2"', 'sh', media, `${iso}.sha256`);
  }
}

test('the connection breaks twice in the middle of an upload: it is repeated, and the log says why', async () => {
  const built = await cut.build(await cut.image('cut'));
  assertDone(built);
  const lines = told(built);
  assert.equal(lines.length, 2, lines.join('\n'));
  assert.match(lines[0] ?? '', /broke off after \d+ bytes: .+; sent again from the start, try 2 of 5$/);
  assert.match(lines[1] ?? '', /broke off after \d+ bytes: .+; sent again from the start in 1 s, try 3 of 5$/);
  assert.deepEqual(built.of('step-retry'), [], 'no step is begun anew for it');
  await assertWhole(cut);
});

test('the session expires in the middle of an upload: a new one is made, and all is sent again', async () => {
  const built = await expired.build(await expired.image('expired'));
  assertDone(built);
  assert.equal(told(built).length, 1, told(built).join('\n'));
  assert.match(told(built)[0] ?? '', /; (logged in, )?sent again from the start/);
  assert.deepEqual(built.of('step-retry'), []);
  await assertWhole(expired);
});

test('vCenter is busy for a moment: the upload is repeated', async () => {
  await cut.govc('datastore.rm', '-f', 'ingot/media');
  await cut.lab.faults.inject({ kind: 'http', method: 'PUT /folder', status: 503 });
  const built = await cut.build(await cut.image('busy'));
  assertDone(built);
  assert.equal(told(built).length, 1, told(built).join('\n'));
  assert.match(told(built)[0] ?? '', /sent again from the start/);
  await assertWhole(cut);
});
