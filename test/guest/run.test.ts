import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { type Guest, guestStateSchema } from '../../guest/index.ts';
import { scriptFile } from '../../scripts/digest.ts';
import { failsWith, login, patience } from './helpers.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';

let sshd: Sshd;
let guest: Guest;
before(async () => {
  sshd = await startSshd();
  guest = await login(sshd);
});
after(async () => {
  guest.close();
  await sshd[Symbol.asyncDispose]();
});

/** Runs a script of the test's: the text is what fake-powershell.py executes. */
function runPython(python: string, parameters = {}, more: Partial<Parameters<Guest['runUserScript']>[3]> = {}) {
  const name = `t${Math.random().toString(36).slice(2)}`;
  return guest.runUserScript(name, `# python\n${python}`, parameters, {
    timeoutMs: 20_000,
    signal: patience(),
    ...more,
  });
}

test('uploads the script and common.ps1, and returns the typed result', async () => {
  const state = await guest.run('state.ps1', {}, { output: guestStateSchema, timeoutMs: 10_000, signal: patience() });
  assert.equal(state.osBuild, '19042.508');
  const folder = join(sshd.root, 'C:/ProgramData/ingot/scripts');
  const { bytes } = await scriptFile('state.ps1');
  assert.deepEqual(await readFile(join(folder, 'state.ps1')), bytes);
  assert.deepEqual(await readFile(join(folder, 'common.ps1')), (await scriptFile('common.ps1')).bytes);
  assert.ok(
    (await readdir(folder)).every((name) => name.endsWith('.ps1')),
    'no temporary file is left',
  );
});

test('uploads a script once, and again when it is gone', async () => {
  const path = join(sshd.root, 'C:/ProgramData/ingot/scripts/state.ps1');
  await guest.state({ signal: patience() });
  const first = await stat(path);
  await guest.state({ signal: patience() });
  assert.equal((await stat(path)).ino, first.ino);
  await rm(path);
  assert.equal((await guest.state({ signal: patience() })).computerName, 'WIN');
});

test('parameters arrive whole, whatever is in them', async () => {
  const parameters = {
    text: 'ä "quoted" %PATH% \\ \' $x `n\n',
    list: [1, null, true],
    deep: { a: 'x'.repeat(20_000) },
  };
  assert.deepEqual(await runPython('result(got=parameters)', parameters), { got: parameters });
});

test('progress and log arrive in order, secrets taken out', async () => {
  const seen: unknown[] = [];
  const result = await runPython(
    `progress('half', done=1, total=2); say('the key is s3cr3t-value'); say('##ingot:progress nonsense'); progress('token tok-123456'); result()`,
    { apiToken: 'tok-123456' },
    {
      secrets: ['s3cr3t-value'],
      onProgress: (progress) => seen.push(progress),
      onLog: (line) => seen.push(line),
    },
  );
  assert.deepEqual(result, {});
  assert.deepEqual(seen, [
    { message: 'half', done: 1, total: 2 },
    'the key is ***',
    '##ingot:progress nonsense',
    { message: 'token ***' },
  ]);
});

test('progress is told while the script still runs', async () => {
  const stop = new AbortController();
  const running = runPython(
    `progress('begun'); import time; time.sleep(60)`,
    {},
    { signal: stop.signal, onProgress: () => stop.abort(new Error('seen')) },
  );
  await assert.rejects(running, /seen/);
});

test("a script's own error carries its message, line, category and code, and no secret", async () => {
  const failure = await failsWith(
    'guest.script',
    runPython(
      `say('before'); sys.stderr.write('#< CLIXML\\r\\n<Objs Version="1.1.0.1"><S S="Error">Access &lt;denied&gt; for hunter2hunter2_x000D__x000A_</S></Objs>'); fail('cannot use hunter2hunter2', code='sysprep.appx')`,
      { password: 'hunter2hunter2' },
    ),
  );
  assert.equal(failure.script?.code, 'sysprep.appx');
  assert.equal(failure.script?.line, 12);
  assert.equal(failure.retryable, false);
  const shown = JSON.stringify([failure.message, failure.evidence, failure.script]);
  assert.doesNotMatch(shown, /hunter2|CLIXML|_x000D_/);
  assert.match(failure.evidence?.[0] ?? '', /:12 \(InvalidOperation\) sysprep\.appx$/);
  assert.deepEqual(failure.evidence?.slice(1), ['before', 'stderr: Access <denied> for ***']);
});

test('noise on standard error is no failure', async () => {
  assert.deepEqual(await runPython(`sys.stderr.write('#< CLIXML\\n<Objs></Objs>'); result(ok=True)`), { ok: true });
});

test('exit code 0 is success for a script of the user, without a result', async () => {
  assert.equal(await runPython(`say('done')`), undefined);
});

test('another exit code without a word is guest.script with the output as evidence', async () => {
  const failure = await failsWith('guest.script', runPython(`say('about to'); sys.exit(7)`));
  assert.match(failure.message, /exit code 0, found 7/);
  assert.deepEqual(failure.evidence, ['about to']);
});

for (const [name, python, found] of [
  ['no result', `say('nothing')`, /no result line/],
  ['two results', `result(a=1); result(a=2)`, /2 result lines/],
  ['a result that is not JSON', `say('##ingot:result {broken')`, /not followed by JSON/],
  ['an error that is not what was agreed', `say('##ingot:error [1]')`, /another shape/],
  ['a result of another shape', `result(bootTime='yesterday')`, /another shape/],
  ['garbage', `sys.stdout.buffer.write(bytes(range(256)) * 2000)`, /no result line/],
] as const) {
  test(`${name} is guest.output`, async () => {
    await sshd.behave('vmware-tools.ps1', python);
    const output = guestStateSchema;
    const failure = await failsWith(
      'guest.output',
      guest.run('vmware-tools.ps1', {}, { output, timeoutMs: 10_000, signal: patience() }),
    );
    assert.match(failure.message, found);
  });
}

test('a character cut between two packets stays whole', async () => {
  const text = 'ü€😀';
  const python = `import time\ndata = '##ingot:result {"text": "ü€😀"}\\r\\n'.encode()\nfor byte in data:\n  sys.stdout.buffer.write(bytes([byte])); sys.stdout.flush(); time.sleep(0.002)`;
  assert.deepEqual(await runPython(python), { text });
});

test('the time-out says what it waited for', async () => {
  const python = `progress('Installing 3 updates'); import time; time.sleep(60)`;
  const failure = await failsWith('guest.timeout', runPython(python, {}, { timeoutMs: 1500 }));
  assert.equal(failure.timedOut, true);
  assert.match(failure.message, /within 1\.5 s, found it still running \(last: Installing 3 updates\)/);
});

test('what ran out of time has its channel closed', async () => {
  // sshd for Windows then kills the process (its job); on other systems it fails at its next line of output.
  const file = join(sshd.root, 'pid');
  const python = `open('${file}', 'w').write(str(os.getpid())); import time\nwhile True: say('still here'); time.sleep(0.05)`;
  await failsWith('guest.timeout', runPython(python, {}, { timeoutMs: 1500 }));
  const pid = Number(await readFile(file, 'utf8'));
  const alive = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  for (const end = Date.now() + 5000; alive() && Date.now() < end; ) await new Promise(setImmediate);
  assert.equal(alive(), false);
});

test('many scripts share one connection', async () => {
  await using proxy = await startProxy(sshd.port);
  const session = await login(sshd, { port: proxy.port });
  const runs = Array.from({ length: 6 }, (_, index) =>
    session.runUserScript(
      `many-${index}`,
      `# python\nresult(index=parameters['index'])`,
      { index },
      {
        timeoutMs: 20_000,
        signal: patience(),
      },
    ),
  );
  assert.deepEqual(
    await Promise.all(runs),
    [0, 1, 2, 3, 4, 5].map((index) => ({ index })),
  );
  assert.equal(proxy.count, 1);
  session.close();
});

test('a connection cut in the middle is guest.connection-lost, and the session goes on', async () => {
  await using proxy = await startProxy(sshd.port);
  const session = await login(sshd, { port: proxy.port });
  const options = { timeoutMs: 20_000, signal: patience(), onProgress: () => proxy.cut() };
  const lost = session.runUserScript('cut', `# python\nprogress('now'); import time; time.sleep(20)`, {}, options);
  const failure = await failsWith('guest.connection-lost', lost);
  assert.deepEqual([failure.retryable, failure.rebooted], [true, false]);
  assert.equal((await session.state({ signal: patience() })).computerName, 'WIN');
  assert.equal(proxy.count, 2);
  session.close();
});

test('a restart in the middle is guest.restarted', async () => {
  await using other = await startSshd();
  const session = await login(other);
  const python = `# python\nprogress('now'); boot('2026-11-21T05:30:00.000Z'); drop()`;
  const failure = await failsWith(
    'guest.restarted',
    session.runUserScript('crash', python, {}, { timeoutMs: 20_000, signal: patience() }),
  );
  assert.deepEqual([failure.retryable, failure.rebooted], [true, true]);
  assert.match(failure.message, /up since 2026-11-21T05:30:00.000Z, before since 2026-11-21T05:00:00.000Z/);
  session.close();
});

test('a script that is none of ours is refused before anything is sent', async () => {
  const run = guest.run('../evil.ps1', {}, { output: z.unknown(), timeoutMs: 1000, signal: patience() });
  await assert.rejects(run, { code: 'guest.no-script' });
});

test('a script of the user with other characters gets a byte order mark; its name cannot reach the command line', async () => {
  const options = { timeoutMs: 20_000, signal: patience() };
  await guest.runUserScript('größe & del *', `# python\nsay('ä')`, {}, options);
  const folder = join(sshd.root, 'C:/ProgramData/ingot/scripts');
  const name = (await readdir(folder)).find((file) => file.startsWith('user-gr'));
  assert.equal(name, 'user-gr-e-del-.ps1');
  assert.deepEqual([...(await readFile(join(folder, name))).subarray(0, 3)], [0xef, 0xbb, 0xbf]);
});
