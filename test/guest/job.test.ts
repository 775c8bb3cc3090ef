import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { Json } from '../../common/json.ts';
import { type Guest, GuestError, runJob } from '../../guest/index.ts';
import { failsWith, patience } from './helpers.ts';

type Request = { readonly [name: string]: Json };
type Reply = { readonly lines?: readonly string[]; readonly end?: Request; readonly fails?: GuestError };

/** A guest whose job.ps1 answers what the test wrote down, one reply a call. */
function guestOf(replies: readonly Reply[]) {
  const asked: Request[] = [];
  const left = [...replies];
  const guest: Pick<Guest, 'run'> = {
    async run(_script, parameters, { output, onLog }) {
      asked.push(parameters);
      const { lines = [], end, fails } = left.shift() ?? {};
      for (const line of lines) onLog?.(line);
      if (fails !== undefined) throw fails;
      return output.parse(end);
    },
  };
  return { asked, guest };
}

const began = (what: string) => `##ingot:job ${JSON.stringify({ began: what })}`;
const said = (at: number, line: string) => `##ingot:job ${JSON.stringify({ at, line })}`;
const cut = new GuestError('guest.connection-lost', 'Expected an end, found none.', { retryable: true });
const ended = { state: 'ended', exitCode: 0, stderr: '' };
const taken = { end: { state: 'taken', taken: true } };
const job = { name: 'job', script: 'state.ps1', parameters: { password: 'hunter2-hunter2' } };
const output = z.object({ ok: z.boolean() });

function run(replies: readonly Reply[], log: string[] = [], parameters: Request = job.parameters) {
  const { asked, guest } = guestOf(replies);
  const options = { output, timeoutMs: 10_000, signal: patience(), onLog: (line: string) => void log.push(line) };
  return { asked, result: runJob(guest, { ...job, parameters }, options) };
}

test('a log that is cut goes on behind the last line; the end is taken once', async () => {
  const log: string[] = [];
  const { asked, result } = run(
    [
      { lines: [began('started'), said(4, 'one')], fails: cut },
      { lines: [said(4, 'one'), said(8, 'two')], fails: cut },
      { lines: [said(40, '##ingot:result {"ok":true}')], end: ended },
      { fails: cut },
      taken,
    ],
    log,
  );
  assert.deepEqual(await result, { ok: true });
  assert.deepEqual(
    asked.map(({ action, offset }) => [action, offset]),
    [
      ['start', 0],
      ['watch', 4],
      ['watch', 8],
      ['take', undefined],
      ['take', undefined],
    ],
  );
  assert.deepEqual(
    log.filter((line) => !line.includes('job')),
    ['one', 'two'],
  );
});

test('a start that was cut before it was heard is asked for again', async () => {
  const { asked, result } = run([
    { fails: cut },
    { lines: [began('found'), said(40, '##ingot:result {"ok":true}')], end: ended },
    taken,
  ]);
  await result;
  assert.deepEqual(
    asked.map(({ action }) => action),
    ['start', 'start', 'take'],
  );
});

test('the id knows the work and no secret; the log shows none', async () => {
  const log: string[] = [];
  const reply = [
    { lines: [began('started'), said(9, 'it is hunter2-hunter2'), said(40, '##ingot:result {"ok":true}')], end: ended },
    taken,
  ];
  const one = run(reply, log);
  const other = run(reply, [], { password: 'another-secret' });
  const different = run(reply, [], { password: 'hunter2-hunter2', more: 1 });
  await Promise.all([one.result, other.result, different.result]);
  assert.equal(one.asked[0]?.id, other.asked[0]?.id);
  assert.notEqual(one.asked[0]?.id, different.asked[0]?.id);
  assert.ok(log.includes('it is ***') && !log.join().includes('hunter2'));
});

test("a script's own failure is told as always, and taken as well", async () => {
  const error = { message: 'no disk', script: 'state.ps1', line: 3, code: 'x.y' };
  const { asked, result } = run([
    {
      lines: [began('started'), said(9, 'before'), said(90, `##ingot:error ${JSON.stringify(error)}`)],
      end: { ...ended, exitCode: 1 },
    },
    taken,
  ]);
  const failure = await failsWith('guest.script', result);
  assert.equal(failure.script?.code, 'x.y');
  assert.deepEqual(failure.evidence, ['state.ps1:3 x.y', 'before']);
  assert.equal(asked.at(-1)?.action, 'take');
});

for (const { end, code, retryable, evidence } of [
  {
    end: { state: 'died', taskResult: '0x40010004' },
    code: 'guest.job-lost',
    retryable: true,
    evidence: ['last words'],
  },
  { end: { state: 'none' }, code: 'guest.job-lost', retryable: true, evidence: ['last words'] },
  {
    end: { state: 'restarted', bootTime: 'b', previousBootTime: 'a' },
    code: 'guest.restarted',
    retryable: true,
    evidence: ['last words'],
  },
  {
    end: { state: 'other', id: 'abc', script: 'cleanup.ps1' },
    code: 'guest.other-job',
    retryable: false,
    evidence: ['its id: abc'],
  },
]) {
  test(`${end.state} is ${code}`, async () => {
    const { result } = run([{ lines: [began('started'), said(9, 'last words')], end }]);
    const failure = await failsWith(code, result);
    assert.equal(failure.retryable, retryable);
    assert.equal(failure.rebooted, code === 'guest.restarted');
    assert.deepEqual(failure.evidence, evidence);
    assert.notEqual(failure.remedy, undefined);
  });
}

test('a session that is lost again and again without a new line is given up', async () => {
  const { asked, result } = run(Array.from({ length: 30 }, () => ({ fails: cut })));
  await failsWith('guest.connection-lost', result);
  assert.equal(asked.length, 6);
});
