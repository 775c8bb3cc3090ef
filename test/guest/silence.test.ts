import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { failsWith, login, patience } from './helpers.ts';
import { startSshd } from './sshd.ts';
import { startProxy } from './tcp-proxy.ts';

const signal = patience(100_000); // for all tests of this file
const LONG = '# python\nimport time; time.sleep(20)';

test('a peer that falls silent without closing is noticed in the time that is stated', async () => {
  await using sshd = await startSshd();
  await using proxy = await startProxy(sshd.port);
  const guest = await login(sshd, { port: proxy.port, silenceMs: 1500 });
  await guest.state({ signal });
  const running = guest.runUserScript('long', LONG, {}, { signal, timeoutMs: 20_000 });
  running.catch(() => {});
  await guest.exists('/C:/x', { signal });
  proxy.freeze();
  const begun = performance.now();
  const failure = await failsWith('guest.connection-lost', running);
  const took = performance.now() - begun;
  assert.match(failure.message, /nothing came from the other side for 1\.5 s/);
  // The rest is a new connection, to tell a restart from a loss.
  assert.ok(took > 1000 && took < 15_000, `${took} ms`);
  guest.close();
});

test('a quiet peer that answers keep-alive stays', async () => {
  await using sshd = await startSshd();
  await using proxy = await startProxy(sshd.port);
  const guest = await login(sshd, { port: proxy.port, silenceMs: 1000 });
  await guest.runUserScript('quiet', '# python\nimport time; time.sleep(3)', {}, { signal, timeoutMs: 20_000 });
  assert.equal(proxy.count, 1);
  guest.close();
});

test('a peer that is silent from the first byte ends the try, and the next one works', async () => {
  await using sshd = await startSshd();
  await using proxy = await startProxy(sshd.port);
  proxy.onConnection = () => proxy.freeze();
  const failure = await failsWith('guest.unreachable', login(sshd, { port: proxy.port, deadlineMs: 700 }));
  assert.match(failure.message, /no answer in time/);
});

test('a server that speaks no SSH is guest.unreachable, and keeps nothing open', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  await using sshd = await startSshd();
  await failsWith('guest.unreachable', login(sshd, { port: address.port, deadlineMs: 400 }));
  server.close();
  await once(server, 'close'); // Which waits for its connections.
});
