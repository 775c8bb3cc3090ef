import assert from 'node:assert/strict';
import { once as onceEvent } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import type { Trust, VsphereEvent } from '../../vsphere/index.ts';
import { connect, parseServer } from '../../vsphere/index.ts';
import type { FaultProxy } from './proxy.ts';
import { startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
before(async () => {
  sim = await startVcsim();
  proxy = await startProxy(sim.server);
});
after(async () => {
  await proxy.stop();
  sim.stop();
});

async function open(tls: Trust, password = 'pass', events: VsphereEvent[] = []) {
  const vc = await connect({
    server: proxy.server,
    username: 'user',
    password,
    tls,
    onEvent: (event) => events.push(event),
  });
  await vc.close();
  return vc;
}

async function failure(promise: Promise<unknown>): Promise<IngotError> {
  const error: unknown = await promise.then(
    () => assert.fail('expected a failure'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof IngotError, String(error));
  return error;
}

test('a CA file makes the certificate trusted', async () => {
  const vc = await open({ caFile: proxy.caFile });
  assert.equal(vc.apiVersion, '6.7');
});

test('a pinned thumbprint is enough, with or without colons, in any case', async () => {
  const colons = proxy.thumbprint.toUpperCase().match(/../g)?.join(':');
  await open({ thumbprint: proxy.thumbprint });
  await open({ thumbprint: colons });
});

test('another certificate than the pinned one is refused before anything is sent', async () => {
  const before = proxy.log.length;
  const error = await failure(open({ thumbprint: 'ab'.repeat(32) }));
  assert.equal(error.code, 'vsphere.certificate');
  assert.equal(error.unreachable, true);
  assert.equal(proxy.log.length, before);
});

test('an untrusted certificate is shown with what to put into the image file', async () => {
  const error = await failure(open({}));
  assert.equal(error.code, 'vsphere.certificate');
  assert.equal(error.unreachable, true);
  const colons = proxy.thumbprint.toUpperCase().match(/../g)?.join(':') ?? 'none';
  assert.deepEqual(error.evidence?.slice(0, 2), ['subject: CN=vcenter.test', 'issuer: CN=Test CA']);
  assert.ok(error.evidence?.includes(`SHA-256 thumbprint: ${colons}`));
  assert.ok(error.remedy?.includes(`thumbprint: ${colons}`) && error.remedy.includes('caFile'));
});

test('a certificate for another name is refused, though its CA is trusted', async () => {
  const error = await failure(
    connect({
      server: proxy.server.replace('127.0.0.1', 'localhost'),
      username: 'user',
      password: 'pass',
      tls: { caFile: proxy.caFile },
    }),
  );
  assert.equal(error.code, 'vsphere.certificate');
});

test('insecure is warned about and changes nothing for the process', async () => {
  const events: VsphereEvent[] = [];
  await open({ insecure: true }, 'pass', events);
  assert.deepEqual(
    events.map((event) => event.type === 'warning' && event.code),
    ['vsphere.insecure'],
  );
  assert.equal(process.env.NODE_TLS_REJECT_UNAUTHORIZED, undefined);
  assert.equal((await failure(open({}))).code, 'vsphere.certificate');
});

test('a CA file that cannot be read, or holds none, is named', async () => {
  assert.equal((await failure(open({ caFile: '/nonexistent.pem' }))).code, 'vsphere.ca-file');
  assert.equal((await failure(open({ caFile: import.meta.filename }))).code, 'vsphere.ca-file');
  assert.equal((await failure(open({ thumbprint: 'ab:cd' }))).code, 'vsphere.thumbprint');
});

test('a wrong password is tried exactly once', async () => {
  const before = proxy.count('Login');
  const error = await failure(open({ caFile: proxy.caFile }, 'wrong'));
  assert.equal(error.code, 'vsphere.login');
  assert.equal(error.retryable, false);
  assert.ok(!JSON.stringify([error.message, error.evidence, error.remedy]).includes('wrong'));
  assert.equal(proxy.count('Login'), before + 1);
});

test('a server that is not there is unreachable', async () => {
  const error = await failure(connect({ server: '127.0.0.1:1', username: 'u', password: 'p' }));
  assert.equal(error.code, 'vsphere.unreachable');
  assert.equal(error.unreachable, true);
});

test('a server that is no vCenter is unreachable too', async () => {
  proxy.rule = ({ method }) => (method === 'GET sdk' ? { answer: { status: 404, body: 'no such page' } } : undefined);
  const error = await failure(open({ caFile: proxy.caFile }));
  proxy.rule = () => undefined;
  assert.equal(error.code, 'vsphere.unreachable');
});

test('connecting obeys the signal while the server is silent', async () => {
  const silent = createServer().listen(0, '127.0.0.1').unref();
  await onceEvent(silent, 'listening');
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  const signal = AbortSignal.timeout(50);
  const started = Date.now();
  await assert.rejects(
    connect({ server: `127.0.0.1:${address.port}`, username: 'u', password: 'p', signal }),
    (error) => error === signal.reason,
  );
  assert.ok(Date.now() - started < 2000);
  silent.close();
});

test('the session is closed on the server', async () => {
  const before = proxy.count('Logout');
  const vc = await connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });
  const { key } = vc.session;
  assert.ok((await sim.govc('session.ls', '-json')).includes(key));
  await vc.close();
  assert.equal(proxy.count('Logout'), before + 1);
  assert.ok(!(await sim.govc('session.ls', '-json')).includes(key));
});

test('an older server than 6.7 is warned about', async () => {
  const events: VsphereEvent[] = [];
  proxy.rule = ({ method }) =>
    method === 'GET sdk'
      ? { rewrite: (text) => text.replaceAll('<version>6.7</version>', '<version>6.5</version>') }
      : undefined;
  const vc = await open({ caFile: proxy.caFile }, 'pass', events);
  proxy.rule = () => undefined;
  assert.equal(vc.apiVersion, '6.5');
  assert.deepEqual(
    events.map((event) => event.type === 'warning' && event.code),
    ['vsphere.old'],
  );
});

test('what people write for a server', () => {
  assert.deepEqual(parseServer('vc.example.com'), { host: 'vc.example.com', port: 443 });
  assert.deepEqual(parseServer('vc.example.com:8443'), { host: 'vc.example.com', port: 8443 });
  assert.deepEqual(parseServer('https://vc.example.com/ui'), { host: 'vc.example.com', port: 443 });
  assert.deepEqual(parseServer('[fd00::1]:444'), { host: 'fd00::1', port: 444 });
  for (const wrong of ['', 'http://vc', 'a b', 'https://'])
    assert.throws(() => parseServer(wrong), { code: 'vsphere.server' });
});
