import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failsWith, login } from './helpers.ts';
import { startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';

const signal = AbortSignal.timeout(100_000); // for all tests of this file
const SLOW = '# python\nimport time\ntime.sleep(0.15)\nresult(at=time.time())';

for (const [what, config, scripts] of [
  ['two sessions at a time', ['MaxSessions 2'], 6],
  ['three sessions at a time', ['MaxSessions 3'], 6],
  ['as many as sshd takes by default', [], 12],
] as const) {
  test(`${what}: scripts and files share one connection and wait for their turn`, async () => {
    await using sshd = await startSshd({ config });
    await using proxy = await startProxy(sshd.port);
    const guest = await login(sshd, { port: proxy.port });
    const runs = Array.from({ length: scripts }, (_, index) =>
      guest.runUserScript(`slow-${index}`, SLOW, {}, { signal, timeoutMs: 60_000 }),
    );
    const files = Array.from({ length: 20 }, (_, index) =>
      guest.writeFile(`/C:/f${index}`, Buffer.alloc(9), { signal }),
    );
    await Promise.all([...runs, ...files]);
    assert.equal(proxy.count, 1);
    guest.close();
  });
}

test('a server that takes one session says that there is none for a script beside the files', async () => {
  await using sshd = await startSshd({ config: ['MaxSessions 1'] });
  const guest = await login(sshd);
  await guest.writeFile('/C:/f', Buffer.alloc(1), { signal });
  const failure = await failsWith('guest.channels', guest.state({ signal }));
  assert.match(failure.remedy ?? '', /MaxSessions/);
  guest.close();
});

test('a script that waits for its channel obeys its time', async () => {
  await using sshd = await startSshd({ config: ['MaxSessions 2'] });
  const guest = await login(sshd);
  await guest.state({ signal });
  const long = guest.runUserScript('long', '# python\nimport time; time.sleep(5)', {}, { signal, timeoutMs: 1500 });
  const waiting = guest.runUserScript('next', SLOW, {}, { signal, timeoutMs: 500 });
  await failsWith('guest.timeout', waiting);
  await failsWith('guest.timeout', long);
  await guest.runUserScript('after', SLOW, {}, { signal, timeoutMs: 60_000 });
  guest.close();
});

test('an SFTP channel that the server ends alone is opened again', async () => {
  await using sshd = await startSshd();
  await using proxy = await startProxy(sshd.port);
  const guest = await login(sshd, { port: proxy.port });
  await guest.writeFile('/C:/f', Buffer.from('x'), { signal });
  await sshd.endSftp();
  let found: Buffer | undefined;
  // The end may arrive during the first request, which is told as a lost connection then.
  for (let tries = 0; found === undefined && tries < 3; tries++) {
    found = await guest.readFile('/C:/f', { signal }).catch(() => undefined);
  }
  assert.equal(found?.toString(), 'x');
  assert.equal(proxy.count, 1, 'the connection itself stays');
  guest.close();
});
