import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failsWith, login, patience } from './helpers.ts';
import { startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';

test('a restart ends with another boot time, and the session goes on', async () => {
  await using sshd = await startSshd();
  const guest = await login(sshd);
  assert.deepEqual(await guest.restart({ signal: patience(), deadlineMs: 20_000 }), {
    previousBootTime: '2026-11-21T05:00:00.000Z',
    bootTime: '2026-11-21T06:00:00.000Z',
  });
  assert.equal(await guest.bootTime({ signal: patience() }), '2026-11-21T06:00:00.000Z');
  guest.close();
});

test('a port that answers is not taken for a restart', async () => {
  await using sshd = await startSshd();
  await using proxy = await startProxy(sshd.port);
  // The first drop is sshd alone; Windows itself goes down with the second.
  await sshd.behave('restart.ps1', `result(scheduled=True, bootTime=boot()); drop()`);
  await sshd.behave(
    'state.ps1',
    `result(bootTime=boot(), uptimeSeconds=5, computerName='WIN', osBuild='1', pendingReboot=[], imageState='')`,
  );
  proxy.onConnection = (number) => {
    if (number === 2)
      setTimeout(async () => {
        await sshd.bootTime('2026-11-21T07:00:00.000Z');
        proxy.cut();
      }, 700);
  };
  const guest = await login(sshd, { port: proxy.port });
  const { bootTime } = await guest.restart({ signal: patience(), deadlineMs: 20_000 });
  assert.equal(bootTime, '2026-11-21T07:00:00.000Z');
  assert.ok(proxy.count >= 3);
  guest.close();
});

test('Windows that does not restart is guest.timeout', async () => {
  await using sshd = await startSshd();
  await sshd.behave('restart.ps1', `result(scheduled=True, bootTime=boot())`);
  const guest = await login(sshd);
  const failure = await failsWith('guest.timeout', guest.restart({ signal: patience(), deadlineMs: 900 }));
  assert.match(failure.message, /its boot time is the same as before/);
  guest.close();
});

test('Windows that goes down and stays down is guest.unreachable', async () => {
  await using sshd = await startSshd();
  await sshd.behave(
    'restart.ps1',
    `result(scheduled=True, bootTime=boot()); os.kill(int(open(os.path.join(root, '../pid')).read()), 15); drop()`,
  );
  const guest = await login(sshd);
  const failure = await failsWith('guest.unreachable', guest.restart({ signal: patience(), deadlineMs: 8000 }));
  assert.equal(failure.timedOut, true);
  guest.close();
});

test('a failing restart.ps1 is told as it is', async () => {
  await using sshd = await startSshd();
  await sshd.behave('restart.ps1', `fail('shutdown is disabled by policy')`);
  const guest = await login(sshd);
  await failsWith('guest.script', guest.restart({ signal: patience(), deadlineMs: 20_000 }));
  guest.close();
});
