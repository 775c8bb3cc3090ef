import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { newBuildId } from '../../cli/build-id.ts';
import { exitCodeOf } from '../../cli/exit-codes.ts';
import { guarded } from '../../cli/guarded.ts';
import { shellExports, shellWord } from '../../common/shell.ts';
import type { BuildEvent } from '../../pipeline/events.ts';

test('a build id is its UTC time and 16 random bits, and sorts by time', () => {
  const id = newBuildId(new Date('2026-11-21T05:12:00.123Z'));
  assert.match(id, /^20261121T051200Z-[0-9a-f]{4}$/);
  assert.ok(id < newBuildId(new Date('2026-11-21T05:12:01Z')));
  const ids = new Set(Array.from({ length: 50 }, () => newBuildId(new Date(0))));
  assert.ok(ids.size > 40);
});

test('the exit code tells how a build ended', () => {
  const failure = { code: 'x', message: 'x', retryable: false, unreachable: false, timedOut: false };
  assert.equal(exitCodeOf({ status: 'done' }), 0);
  assert.equal(exitCodeOf({ status: 'failed', failure }), 1);
  assert.equal(exitCodeOf({ status: 'failed', failure: { ...failure, unreachable: true } }), 3);
  assert.equal(exitCodeOf({ status: 'interrupted' }), 130);
});

test('what is printed for a shell, a shell reads back', () => {
  const words = ['plain', '', "it's", 'a b', '$HOME `x` "y" \\', 'two\nlines\n', '~', '*', '#x', 'a=b', '-n', '--x=1'];
  for (const word of words) {
    const back = execFileSync('sh', ['-c', `printf '%s|' ${shellWord(word)}`], { encoding: 'utf8' });
    assert.equal(back, `${word}|`);
  }
  const lines = shellExports({ A: words.join(' '), B: undefined, C: '' });
  const back = execFileSync('sh', ['-c', `${lines}\nprintf '%s|' "$A" "$C"; printf %s "\${B-unset}"`], {
    encoding: 'utf8',
    env: {},
  });
  assert.equal(back, `${words.join(' ')}||unset`);
});

test('a listener that throws is heard of once, and disturbs nothing', () => {
  const event: BuildEvent = { type: 'step-log', step: 's', message: 'm', at: '', build: '' };
  const complaints: string[] = [];
  let heard = 0;
  const listener = guarded(
    () => {
      heard++;
      throw new Error('no space left on device');
    },
    (why) => complaints.push(why),
  );
  listener(event);
  listener(event);
  assert.deepEqual([heard, complaints], [1, ['no space left on device']]);
});
