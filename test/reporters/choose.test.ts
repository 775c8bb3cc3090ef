import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseReporter, type ReporterName } from '../../reporters/choose.ts';
import { wantsColor } from '../../reporters/style.ts';

const output = (isTTY: boolean) => ({ write: () => true, isTTY });

test('the reporter is chosen by flag, terminal and CI', () => {
  const cases: [ReporterName | undefined, boolean, NodeJS.ProcessEnv, ReporterName][] = [
    [undefined, true, {}, 'terminal'],
    [undefined, true, { CI: 'true' }, 'plain'],
    [undefined, true, { CI: 'false' }, 'terminal'],
    [undefined, false, {}, 'plain'],
    [undefined, true, { TERM: 'dumb' }, 'plain'],
    ['terminal', true, { CI: 'true' }, 'terminal'],
    ['terminal', false, {}, 'plain'],
    ['plain', true, {}, 'plain'],
    ['json', true, {}, 'json'],
    ['json', false, { CI: '1' }, 'json'],
  ];
  for (const [asked, tty, env, expected] of cases) {
    assert.equal(chooseReporter(asked, { output: output(tty), env }), expected, JSON.stringify([asked, tty, env]));
  }
});

test('colour follows FORCE_COLOR, then NO_COLOR, then the terminal', () => {
  const cases: [boolean, NodeJS.ProcessEnv, boolean][] = [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '' }, true],
    [false, { FORCE_COLOR: 'true', NO_COLOR: '1' }, true],
    [true, { FORCE_COLOR: 'false' }, false],
  ];
  for (const [tty, env, expected] of cases) {
    assert.equal(wantsColor({ output: output(tty), env }), expected, JSON.stringify([tty, env]));
  }
});
