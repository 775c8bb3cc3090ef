import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from '../../image/names.ts';
import { goesOn, sysprepReportIn, sysprepRunIn } from '../../steps/support/sysprep-run.ts';

const record = JSON.stringify({ run: 'r1', fingerprint: 'f' });
const verdict = (state: 'succeeded' | 'failed', run = 'r1') =>
  JSON.stringify({ state, run, imageState: 'x', tag: true, exitCode: 0, errors: [] });
const running = JSON.stringify({ state: 'running', run: 'r1', message: 'at work' });

/** What a build makes of a clone with these reports. */
function found(kept: string, told: string, power: string, fingerprint = 'f'): boolean | undefined {
  const run = sysprepRunIn(
    new Map<string, string>([
      [keys.sysprepRun, record],
      [keys.sysprepVerdict, kept],
      [keys.sysprep, told],
    ]),
    fingerprint,
  );
  return run === undefined ? undefined : goesOn(run, power);
}

for (const [what, kept, told, power, expected] of [
  ['at work', '', running, 'poweredOn', true],
  ['started, nothing told yet', '', '', 'poweredOn', true],
  ['off without a verdict', '', '', 'poweredOff', false],
  ['suspended without a verdict', '', running, 'suspended', false],
  ['sealed and off', verdict('succeeded'), '', 'poweredOff', true],
  ['sealed, on its way down', verdict('succeeded'), verdict('succeeded'), 'poweredOn', true],
  ['sealed, the verdict not kept yet', '', verdict('succeeded'), 'poweredOn', true],
  ['sealed, and started again', verdict('succeeded'), '', 'poweredOn', false],
  ['failed', verdict('failed'), '', 'poweredOff', false],
  ['off with the verdict of another run', verdict('succeeded', 'r0'), '', 'poweredOff', false],
  ['off with a kept verdict that is none', '{"state":"succeeded"', '', 'poweredOff', false],
  ['sealed and off, with a report that is none', verdict('succeeded'), 'garbage', 'poweredOff', true],
] as const) {
  test(`a clone whose Sysprep is ${what}: ${expected ? 'goes on' : 'is made anew'}`, () => {
    assert.equal(found(kept, told, power), expected);
  });
}

test('a build that waits for a report is told of one that is none', () => {
  assert.throws(() => sysprepReportIn('garbage', 'r1'), { code: 'guest.report' });
});

test('the run of another plan is none', () => {
  assert.equal(found(verdict('succeeded'), '', 'poweredOff', 'another'), undefined);
});
