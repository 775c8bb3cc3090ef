import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { GuestError } from '../../guest/errors.ts';
import type { Guest } from '../../guest/index.ts';
import { loadImage } from '../../image/index.ts';
import { withRestarts } from '../../steps/support/restarts.ts';
import { script } from '../../steps/support/script.ts';
import { root } from '../cli/ingot.ts';

const vars = { vcenter: 'vcenter.example.com', vcenter_user: 'u' };
const { image } = await loadImage(join(root, 'images/windows-server-20h2.yaml'), { vars });
const result = z.object({ rebootRequired: z.boolean() });

/** A build whose Windows wants these restarts, one list a look, and says of each run of a script what `wants` says. */
function build(pending: readonly (readonly string[])[], wants: (test: boolean) => boolean) {
  const unused = () => Promise.reject(new Error('not used here'));
  let looks = 0;
  const told: string[] = [];
  const guest: Guest = {
    run: async (_script, _parameters, { output, test = false }) => output.parse({ rebootRequired: wants(test) }),
    runUserScript: unused,
    readFile: unused,
    writeFile: unused,
    upload: unused,
    uploadFolder: unused,
    download: unused,
    downloadFolder: unused,
    exists: unused,
    remove: unused,
    state: async () => ({
      bootTime: '2026-11-21T00:00:00Z',
      uptimeSeconds: 1,
      computerName: 'WIN',
      osBuild: '17763.1',
      notes: [],
      pendingReboot: [...(pending[looks++] ?? [])],
      imageState: 'IMAGE_STATE_COMPLETE',
      privateFolder: true,
    }),
    bootTime: unused,
    restart: async () => {
      told.push('restart');
      return { previousBootTime: '', bootTime: '' };
    },
    close: () => undefined,
  };
  assert.ok(image);
  const { signal } = new AbortController();
  const progress = () => undefined;
  const log = (line: string) => void told.push(line);
  return { told, context: { guest: async () => guest, held: {}, config: image, signal, progress, log } };
}

for (const [test_, expected] of [
  [true, 0],
  [false, 3],
] as const) {
  test(`a script that ${test_ ? 'only looks' : 'works'} and speaks of a restart: ${expected} restarts`, async () => {
    const { context, told } = build([], (isTest) => isTest === test_);
    const done = withRestarts('feature', context, true, (inner) => script(inner, 'x', {}, result, { test: test_ }));
    if (expected === 0) await done;
    else await assert.rejects(done, { code: 'guest.reboot-loop' });
    assert.equal(told.filter((line) => line === 'restart').length, expected);
  });
}

test('the work is done again after a restart, and its last result counts', async () => {
  const { context, told } = build([['CBS'], []], () => false);
  let runs = 0;
  assert.equal(await withRestarts('feature', context, true, async () => ++runs), 2);
  assert.deepEqual(told, ['restart', 'Windows has restarted for CBS; running feature again']);
});

test('a step that asks for no restarts does not look', async () => {
  const { context, told } = build([['CBS']], () => true);
  assert.equal(await withRestarts('other', context, false, async () => 1), 1);
  assert.deepEqual(told, []);
});

test('restarts that nobody asked for are counted over the attempts of a build, step by step', async () => {
  const { context } = build([], () => false);
  const restarted = new GuestError('guest.restarted', 'Windows has restarted', { rebooted: true, retryable: true });
  const attempt = (step: string) => withRestarts(step, context, false, () => Promise.reject(restarted));
  await assert.rejects(attempt('a'), restarted);
  await assert.rejects(attempt('a'), restarted);
  await assert.rejects(attempt('b'), restarted);
  await assert.rejects(attempt('a'), { code: 'guest.reboot-loop', retryable: false });
  const other = build([], () => false);
  await assert.rejects(
    withRestarts('a', other.context, false, () => Promise.reject(restarted)),
    restarted,
  );
});
