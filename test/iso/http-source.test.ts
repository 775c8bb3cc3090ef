import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { openHttpSource } from '../../iso/http-source.ts';
import { inspectMedia } from '../../iso/inspect.ts';
import { makeCertificates } from '../vsphere/certificates.ts';
import { counted, failure, openSample, sample } from './tools.ts';
import { startWebServer } from './web-server.ts';

const content = randomBytes(1_000_000);
const quick = { backOffMs: [0, 0] };

async function failureOf(promise: Promise<unknown>): Promise<IngotError> {
  return promise.then(
    () => assert.fail('expected an error'),
    (error: unknown) => (error instanceof IngotError ? error : assert.fail(String(error))),
  );
}

test('a Windows ISO on the web is told as the local file, with few requests and bytes', async (t) => {
  const server = await startWebServer(t, await readFile(sample('windows-server-2022')));
  await using local = await openSample('windows-server-2022');
  await using remote = await openHttpSource(`${server.url}/x.iso`);
  const source = counted(remote);
  assert.deepEqual(await inspectMedia(source), await inspectMedia(local));
  assert.ok(source.bytes < 1_000_000, `${source.bytes} bytes`);
  assert.ok(server.sent.bytes < 700_000, `${server.sent.bytes} bytes sent`);
  assert.ok(server.log.every(({ range }) => range.startsWith('bytes=')));
  assert.ok(server.sent.connections <= 2, 'connections are used again');
});

test('ranges are exact, with the version of the file in each request', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`);
  assert.equal(source.size, content.length);
  for (const [offset, length] of [
    [0, 10],
    [65_530, 20],
    [500_000, 400_000],
    [999_999, 1],
    [1_000_000, 0],
  ] as const) {
    assert.ok(content.subarray(offset, offset + length).equals(await source.read(offset, length)), `${offset}`);
  }
  assert.ok(server.log.slice(1).every(({ ifRange }) => ifRange?.startsWith('"')));
  const requests = server.log.length;
  await assert.rejects(source.read(999_999, 2), failure('iso.truncated'));
  assert.equal(server.log.length, requests, 'what lies outside is not asked for');
});

test('many reads at once give each its own bytes', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`);
  const offsets = Array.from({ length: 30 }, (_, i) => 100_000 + i * 7001);
  const read = await Promise.all(offsets.map((offset) => source.read(offset, 5000)));
  for (const [at, offset] of offsets.entries()) assert.deepEqual(read[at], content.subarray(offset, offset + 5000));
});

test('small and empty files are whole in the first answer', async (t) => {
  const small = await startWebServer(t, Buffer.from('hello'));
  await using source = await openHttpSource(`${small.url}/x`);
  assert.deepEqual([source.size, (await source.read(1, 3)).toString()], [5, 'ell']);
  const empty = await startWebServer(t, Buffer.alloc(0));
  await using nothing = await openHttpSource(`${empty.url}/x`);
  assert.equal(nothing.size, 0);
});

test('a server without ranges is told at once, and its body is not downloaded', async (t) => {
  const big = Buffer.alloc(64 << 20);
  const server = await startWebServer(t, big);
  server.rule = () => ({ noRanges: true });
  const error = await failureOf(openHttpSource(`${server.url}/x.iso`));
  assert.equal(error.code, 'iso.no-ranges');
  assert.match(error.remedy ?? '', /media\.withoutRanges: download/);
  assert.ok(server.sent.bytes < big.length / 4, `${server.sent.bytes} bytes sent`);
});

test('a cut is gone on with where it broke; short ranges are put together', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`, quick);
  server.rule = (_, request) => (request % 2 === 0 ? { cutAfter: 100_000 } : { atMost: 70_000 });
  assert.ok(content.subarray(100_000, 700_000).equals(await source.read(100_000, 600_000)));
  const starts = server.log.slice(1).map(({ range }) => Number(/bytes=(\d+)/.exec(range)?.[1]));
  assert.ok(starts.length >= 7 && starts.every((start, at) => at === 0 || start >= (starts[at - 1] ?? 0)), `${starts}`);
  assert.equal(new Set(starts).size, starts.length, 'no byte is asked for twice');
});

test('tries are bounded where nothing is won, and what may pass is tried again', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`, quick);
  server.rule = () => ({ cutAfter: 0 });
  const broken = await failureOf(source.read(500_000, 10));
  assert.deepEqual([broken.code, broken.retryable, server.log.length], ['iso.http-broken', true, 4]);
  let left = 2;
  server.rule = () => (left-- > 0 ? { status: 503 } : undefined);
  assert.deepEqual(await source.read(500_000, 10), content.subarray(500_000, 500_010));
  server.rule = () => ({ status: 503 });
  const busy = await failureOf(source.read(500_000, 10));
  assert.deepEqual([busy.code, busy.retryable], ['iso.http-status', true]);
});

for (const [what, headers] of [
  ['another place', { 'content-range': 'bytes 0-9/1000000' }],
  ['one that begins before', { 'content-range': 'bytes 499990-500009/1000000' }],
  ['none', { 'content-range': '' }],
  ['one that contradicts itself', { 'content-range': 'bytes 500000-500009/500005' }],
  ['a compressed body', { 'content-encoding': 'gzip' }],
] as const) {
  test(`an answer with ${what} as its range is refused`, async (t) => {
    const server = await startWebServer(t, content);
    await using source = await openHttpSource(`${server.url}/x.iso`, quick);
    server.rule = () => ({ headers });
    await assert.rejects(source.read(500_000, 10), failure('iso.http-answer'));
    assert.equal(server.log.length, 2, 'it is not asked again');
  });
}

test('a first answer that does not know the size is refused', async (t) => {
  const server = await startWebServer(t, content);
  server.rule = () => ({ headers: { 'content-range': 'bytes 0-65535/*' } });
  await assert.rejects(openHttpSource(`${server.url}/x.iso`), failure('iso.http-answer'));
});

test('a body that is longer than its range says does no harm', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`, quick);
  server.rule = () => ({ chunked: true, headers: { 'content-range': 'bytes 500000-500009/1000000' } });
  assert.deepEqual(await source.read(500_000, 10), content.subarray(500_000, 500_010));
});

test('a file that changes between reads is an error that says what changed', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`, quick);
  server.rule = () => ({ content: randomBytes(content.length) });
  const etag = await failureOf(source.read(500_000, 10));
  assert.equal(etag.code, 'iso.source-changed');
  assert.match(etag.message, /expected ETag "\w+", found ETag "\w+"/);
  server.rule = () => ({ content: content.subarray(0, 400_000) });
  await assert.rejects(source.read(500_000, 10), failure('iso.source-changed'));
  server.rule = () => ({ headers: { etag: '', 'content-range': 'bytes 500000-500009/1000001' } });
  const size = await failureOf(source.read(500_000, 10));
  assert.match(size.message, /expected size 1000000, found size 1000001/);
});

for (const [status, code, retryable] of [
  [401, 'iso.http-denied', false],
  [403, 'iso.http-denied', false],
  [404, 'iso.http-missing', false],
  [410, 'iso.http-missing', false],
  [400, 'iso.http-status', false],
  [500, 'iso.http-status', true],
  [429, 'iso.http-status', true],
] as const) {
  test(`HTTP ${status} is ${code}`, async (t) => {
    const server = await startWebServer(t, content);
    server.rule = () => ({ status });
    const error = await failureOf(openHttpSource(`${server.url}/x.iso`, quick));
    assert.deepEqual([error.code, error.retryable], [code, retryable]);
    assert.match(error.message, new RegExp(`${status}`));
    assert.notEqual(error.remedy, undefined);
    assert.equal(server.log.length, retryable ? 3 : 1);
  });
}

test('redirects are followed, and remembered until they expire', async (t) => {
  const target = await startWebServer(t, content);
  const server = await startWebServer(t, content);
  server.rule = () => ({ status: 302, headers: { location: `${target.url}/signed.iso?sig=1` } });
  await using source = await openHttpSource(`${server.url}/x.iso`);
  await source.read(500_000, 10);
  assert.deepEqual([server.log.length, target.log.length], [1, 2]);
  let expired = 1;
  target.rule = () => (expired-- > 0 ? { status: 403 } : undefined);
  assert.deepEqual(await source.read(600_000, 10), content.subarray(600_000, 600_010));
  assert.equal(server.log.length, 2, 'asked once more where to go');
});

test('redirects that lead nowhere are told', async (t) => {
  const server = await startWebServer(t, content);
  const opening = () => failureOf(openHttpSource(`${server.url}/x.iso`));
  server.rule = () => ({ status: 302, headers: { location: '/x.iso' } });
  assert.match((await opening()).message, /more than 10 redirects/);
  assert.equal(server.log.length, 11);
  server.rule = () => ({ status: 302 });
  assert.equal((await opening()).code, 'iso.redirect');
  server.rule = () => ({ status: 302, headers: { location: 'file:///etc/passwd' } });
  assert.equal((await opening()).code, 'iso.url');
});

test('credentials go to their own host only, and into no name or message', async (t) => {
  const [server, other] = await Promise.all([startWebServer(t, content), startWebServer(t, content)]);
  const url = server.url.replace('//', '//admin:s3cr%C3%A9t@');
  const options = { headers: { 'x-token': 'tok3n' } };
  await using source = await openHttpSource(`${url}/x.iso?sig=abc123`, options);
  assert.equal(source.name, `${server.url}/x.iso?…`);
  const basic = `Basic ${Buffer.from('admin:s3crét').toString('base64')}`;
  assert.deepEqual([server.log[0]?.authorization, server.log[0]?.token], [basic, 'tok3n']);
  server.rule = (path) =>
    path.startsWith('/moved') ? { status: 404 } : { status: 307, headers: { location: '/moved' } };
  assert.match((await failureOf(openHttpSource(`${url}/x.iso`))).message, /404/);
  assert.equal(server.log.at(-1)?.authorization, basic, 'the same host');
  server.rule = () => ({ status: 307, headers: { location: `${other.url}/y.iso` } });
  await using elsewhere = await openHttpSource(`${url}/x.iso`, options);
  await elsewhere.read(500_000, 1);
  assert.ok(other.log.every(({ authorization, token }) => authorization === undefined && token === undefined));
  server.rule = () => ({ status: 403 });
  for (const text of [
    `${url}/x.iso?sig=abc123`,
    'http://admin:s3cr%C3%A9t@example.invalid/x',
    'ftp://u:s3cr%C3%A9t@h/x',
  ]) {
    const { message, remedy, evidence } = await failureOf(openHttpSource(text));
    assert.doesNotMatch([message, remedy, ...(evidence ?? [])].join('\n'), /s3cr|abc123/);
  }
});

test('what is no web address, and credentials in clear to another machine, are refused', async () => {
  for (const url of ['x.iso', 'ftp://host/x.iso', 'http://user:pass@example.invalid/x.iso']) {
    await assert.rejects(openHttpSource(url), failure('iso.url'), url);
  }
});

test('a certificate that is not trusted is told; a CA of one’s own makes it so, for this connection', async (t) => {
  const { caFile, key, cert, remove } = await makeCertificates();
  t.after(remove);
  const server = await startWebServer(t, content, { key, cert });
  const ca = await readFile(caFile, 'utf8');
  await using source = await openHttpSource(`${server.url}/x.iso`, { ca });
  assert.deepEqual(await source.read(500_000, 10), content.subarray(500_000, 500_010));
  const error = await failureOf(openHttpSource(`${server.url}/x.iso`, quick));
  assert.deepEqual([error.code, error.unreachable, error.retryable], ['iso.http-certificate', true, false]);
  const wrongName = await failureOf(openHttpSource(`${server.url.replace('127.0.0.1', 'localhost')}/x.iso`, { ca }));
  assert.equal(wrongName.code, 'iso.http-certificate');
  const plain = await startWebServer(t, content);
  plain.rule = () => ({ status: 302, headers: { location: `${server.url}/x.iso` } });
  await using upgraded = await openHttpSource(`${plain.url}/x.iso`, { ca });
  assert.equal(upgraded.size, content.length);
  plain.rule = () => undefined;
  server.rule = () => ({ status: 302, headers: { location: `${plain.url}/x.iso` } });
  assert.equal((await failureOf(openHttpSource(`${server.url}/x.iso`, { ca }))).code, 'iso.redirect');
});

test('a server that is not there is unreachable', async () => {
  for (const host of ['127.0.0.1:1', 'ingot.invalid']) {
    const error = await failureOf(openHttpSource(`http://${host}/x.iso`));
    assert.deepEqual([error.code, error.unreachable, error.retryable], ['iso.http-unreachable', true, true]);
  }
});

test('a server that hangs meets a deadline; a signal ends the wait with its reason', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`, { ...quick, deadlineMs: 100 });
  server.rule = () => ({ hang: true });
  const error = await failureOf(source.read(500_000, 10));
  assert.deepEqual([error.code, error.timedOut], ['iso.http-timeout', true]);
});

test('a signal ends a read, and the opening, with its reason', async (t) => {
  const server = await startWebServer(t, content);
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('stop');
  await using source = await openHttpSource(`${server.url}/x.iso`, { signal });
  server.rule = () => {
    setImmediate(() => controller.abort(reason));
    return { hang: true };
  };
  await assert.rejects(source.read(500_000, 10), (thrown) => thrown === reason);
  await assert.rejects(openHttpSource(`${server.url}/x.iso`, { signal }), (thrown) => thrown === reason);
});

test('a server that stalls is given up after its time, and tried again', async (t) => {
  const server = await startWebServer(t, content);
  await using source = await openHttpSource(`${server.url}/x.iso`, {
    backOffMs: [0],
    stallMs: 200,
    deadlineMs: 10_000,
  });
  server.rule = (_, request) => (request === 2 ? { hang: true } : undefined);
  assert.deepEqual(await source.read(500_000, 10), content.subarray(500_000, 500_010));
  assert.equal(server.log.length, 3);
});
