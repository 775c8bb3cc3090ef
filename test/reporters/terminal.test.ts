import assert from 'node:assert/strict';
import test from 'node:test';
import { stage } from './replays.ts';
import { endings, scenario } from './scenario.ts';

const serializers = [(value: unknown) => String(value)];
const ended = { done: 'done', failed: 'failed', interrupted: 'interrupted' };

for (const ending of endings) {
  for (const columns of [80, 120]) {
    test(`terminal, ${columns} columns: ${ended[ending]}`, async (t) => {
      const { screen, reporter, play } = await stage(t, 'terminal', { columns });
      await play(scenario(ending));
      await reporter.close();
      t.assert.snapshot(screen.text, { serializers });
      assert.equal(screen.cursorShown, true);
    });
  }
}

test('terminal, while it runs: progress with rate and time left, retries, what waits', async (t) => {
  const { screen, reporter, play, wait } = await stage(t, 'terminal');
  const events = scenario('done');
  const until = (step: string, type: string) =>
    events.findIndex((e) => 'step' in e && e.step === step && e.type === type) + 1;

  const retry = until('create-vm', 'step-retry');
  await play(events.slice(0, retry));
  await wait(200);
  assert.match(screen.text, /› again in 0.2 s: expected an answer to CreateVM_Task/);
  assert.match(screen.text, /^○ Make the template$/m);
  assert.equal(screen.cursorShown, false);

  const upload = until('upload-media', 'step-finished') - 5;
  await play(events.slice(retry, upload));
  await wait(200);
  assert.match(screen.text, /› windows-server-20h2.iso: 4.6 GiB of 5.0 GiB \(92 %\), 102 MiB\/s, 4.0 s left/);

  const setup = until('install-windows', 'step-log') + 1;
  await play(events.slice(upload, setup));
  await wait(200);
  t.assert.snapshot(screen.text, { serializers });

  reporter.stopping();
  assert.match(screen.text, /^Stopping \(Ctrl-C again to stop at once\) · 4 of 9 steps over, 1 m 18 s$/m);
  await reporter.close();
});

test('terminal: steps that wait are left out on a screen too low for them', async (t) => {
  const { screen, reporter, play, wait } = await stage(t, 'terminal', { rows: 12 });
  await play(scenario('done').slice(0, 10));
  await wait(200);
  assert.doesNotMatch(screen.text, /○/);
  assert.match(screen.text, /Upload the media/);
  assert.doesNotMatch(screen.text, /Make the template/);
  await reporter.close();
});

test('terminal: no escape sequence of the guest reaches the screen', async (t) => {
  const { screen, reporter, play } = await stage(t, 'terminal');
  await play(scenario('failed')); // its evidence holds one that Screen throws on
  await reporter.close();
  assert.match(screen.text, /│ cleared/);
});
