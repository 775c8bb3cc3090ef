import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { ingot, root } from '../cli/ingot.ts';
import { PATH } from '../lab/support/tools.ts';
import { assertDone } from './built.ts';
import { openSite } from './site.ts';

const site = await openSite({ smokeTest: false });
const iso = join(root, 'lab/media/windows-server-2022-prompt.iso');
const changes = { media: { iso }, windows: { version: '2022' } };
const keys = async () => (await site.lab.counts()).PutUsbScanCodes ?? 0;

suite('media that ask for a key and cannot be patched', () => {
  test('the plan says so', async () => {
    const file = await site.image('planned', changes);
    const { stdout, stderr } = await ingot(['plan', file], { cwd: site.folder, env: { PATH, ...site.lab.env } });
    assert.match(
      stdout,
      /prompt: a key is typed when the media ask for one, since there is no efi\/microsoft\/boot\/efisys_noprompt\.bin/,
      stderr,
    );
  });

  test('a key is typed when the firmware boots the CD, as its log tells', async () => {
    await site.lab.resetCounts();
    const built = await site.build(await site.image('prompted', changes));
    assertDone(built);
    assert.ok((await keys()) > 0);
    assert.ok(built.of('step-log').some(({ message }) => message === 'the firmware boots the CD: typing a key'));
    assert.ok(built.of('warning').some(({ message }) => /^prompt: a key is typed/.test(message)));
  });

  test('a log that cannot be read: keys are typed from power-on', async () => {
    await site.lab.faults.scenario({ boot: { vmwareLog: 'locked' } });
    const built = await site.build(await site.image('blind', changes));
    await site.lab.faults.scenario({});
    assertDone(built);
    assert.ok(built.of('step-log').some(({ message }) => /^vmware\.log cannot be read: typing a key/.test(message)));
  });

  test('media that are patched need no key', async () => {
    await site.lab.resetCounts();
    const built = await site.build(await site.image('patched'));
    assertDone(built);
    assert.equal(await keys(), 0);
    assert.match(built.proof('inspect-media')[1] ?? '', /no prompt: patched on upload$/);
  });
});
