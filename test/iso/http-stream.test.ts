import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import { downloadTo } from '../../iso/download.ts';
import { openHttpStream } from '../../iso/http-stream.ts';
import { collect, failure, run, temporaryFolder } from './tools.ts';
import { startWebServer } from './web-server.ts';

const content = randomBytes(1_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const name = `sha256-${sha256}.iso`;
const quick = { backOffMs: [0, 0] };

test('a whole file streams with its size, and to any server', async (t) => {
  const server = await startWebServer(t, content);
  await using stream = await openHttpStream(`${server.url}/x.iso`);
  assert.equal(stream.size, content.length);
  assert.ok(content.equals(await collect(stream)));
  assert.equal(server.log[0]?.range, '', 'no range is asked for');
  server.rule = () => ({ noRanges: true, chunked: true });
  await using unsized = await openHttpStream(`${server.url}/x.iso`);
  assert.equal(unsized.size, undefined);
  assert.ok(content.equals(await collect(unsized)));
});

test('a stream that is cut goes on where it broke, as often as it wins something', async (t) => {
  const server = await startWebServer(t, content);
  server.rule = () => ({ cutAfter: 130_000 });
  await using stream = await openHttpStream(`${server.url}/x.iso`, quick);
  assert.ok(content.equals(await collect(stream)));
  assert.equal(server.log.length, 8);
  assert.ok(server.log.slice(1).every(({ range, ifRange }) => /^bytes=\d+-$/.test(range) && ifRange !== undefined));
});

test('a server that sends less than it was asked for is asked for the rest', async (t) => {
  const server = await startWebServer(t, content);
  server.rule = (_, request) => (request === 1 ? { cutAfter: 300_000 } : { atMost: 250_000 });
  await using stream = await openHttpStream(`${server.url}/x.iso`, quick);
  assert.ok(content.equals(await collect(stream)));
});

test('a server without ranges is read from the beginning again', async (t) => {
  const server = await startWebServer(t, content);
  server.rule = (_, request) => ({ noRanges: true, ...(request < 3 ? { cutAfter: 300_000 * request } : {}) });
  await using stream = await openHttpStream(`${server.url}/x.iso`, quick);
  assert.ok(content.equals(await collect(stream)));
  assert.equal(server.log.length, 3);
});

test('tries are bounded, and a file that changed is never glued together', async (t) => {
  const server = await startWebServer(t, content);
  server.rule = (_, request) => ({ cutAfter: request === 1 ? 200_000 : 0 });
  await using broken = await openHttpStream(`${server.url}/x.iso`, quick);
  await assert.rejects(collect(broken), failure('iso.http-broken'));
  assert.equal(server.log.length, 3);
  server.rule = (_, request) => (request === 4 ? { cutAfter: 200_000 } : { content: randomBytes(content.length) });
  await using changed = await openHttpStream(`${server.url}/x.iso`, quick);
  await assert.rejects(collect(changed), failure('iso.source-changed'));
  server.rule = () => ({ status: 404 });
  await assert.rejects(openHttpStream(`${server.url}/x.iso`, quick), failure('iso.http-missing'));
});

test('who stops reading early leaves no connection behind', async (t) => {
  const big = Buffer.alloc(64 << 20);
  const server = await startWebServer(t, big);
  await using stream = await openHttpStream(`${server.url}/x.iso`);
  for await (const chunk of stream) if (chunk.length > 0) break;
  assert.ok(server.sent.bytes < big.length / 4, `${server.sent.bytes} bytes sent`);
});

test('a download has the name of its content, and is reused', async (t) => {
  const server = await startWebServer(t, content);
  const folder = join(await temporaryFolder(t), 'new', 'media');
  const seen: (number | undefined)[][] = [];
  const options = { sha256: sha256.toUpperCase(), onProgress: (...now: (number | undefined)[]) => void seen.push(now) };
  const path = join(folder, name);
  assert.deepEqual(await downloadTo(`${server.url}/x.iso`, folder, options), {
    path,
    size: content.length,
    reused: false,
  });
  assert.equal((await run('sha256sum', path)).slice(0, 64), sha256);
  assert.deepEqual(seen.at(-1), [content.length, content.length]);
  assert.deepEqual(await readdir(folder), [name]);
  assert.deepEqual(await downloadTo(`${server.url}/x.iso`, folder, options), {
    path,
    size: content.length,
    reused: true,
  });
  assert.equal(server.log.length, 1);
});

test('another content names both digests and leaves nothing', async (t) => {
  const other = randomBytes(1000);
  const server = await startWebServer(t, other);
  const folder = await temporaryFolder(t);
  await assert.rejects(downloadTo(`${server.url}/x.iso`, folder, { sha256 }), (error: unknown) => {
    assert.ok(error instanceof IngotError && error.code === 'media.sha256');
    assert.ok(error.message.includes(sha256));
    assert.ok(error.message.includes(createHash('sha256').update(other).digest('hex')));
    return true;
  });
  assert.deepEqual(await readdir(folder), []);
  await assert.rejects(downloadTo(`${server.url}/x.iso`, folder, { sha256: '../../x' }), failure('media.sha256'));
});

test('a download that broke off is gone on with', async (t) => {
  const server = await startWebServer(t, content);
  const folder = await temporaryFolder(t);
  server.rule = (_, request) => ({ cutAfter: request === 1 ? 300_000 : 0 });
  const options = { sha256, ...quick };
  await assert.rejects(downloadTo(`${server.url}/x.iso`, folder, options), failure('iso.http-broken'));
  assert.equal((await readdir(folder)).filter((file) => file.endsWith('.partial')).length, 1);
  server.rule = () => undefined;
  await downloadTo(`${server.url}/x.iso`, folder, options);
  const resumed = Number(/^bytes=(\d+)-$/.exec(server.log.at(-1)?.range ?? '')?.[1]);
  assert.ok(resumed > 100_000, `from ${resumed}`);
  assert.ok(content.equals(await readFile(join(folder, name))));
  assert.deepEqual(await readdir(folder), [name]);
});

test('what a dead process left is used; wrong bytes in it are fetched anew; a living one’s is left alone', async (t) => {
  const server = await startWebServer(t, content);
  const folder = await temporaryFolder(t);
  const { pid } = await deadProcess();
  const alive = `${name}.${hostname()}.${process.ppid}.00.partial`;
  const elsewhere = `${name}.another.host.${pid}.00.partial`;
  await writeFile(join(folder, alive), 'x');
  for (const [left, requests] of [
    [content.subarray(0, 400_000), ['bytes=400000-']],
    [content, ['bytes=1000000-']],
    [randomBytes(400_000), ['bytes=400000-', '']],
    [randomBytes(1_200_000), ['bytes=1200000-', '']],
  ] as const) {
    const into = join(folder, String(left.length), requests.join());
    await mkdir(into, { recursive: true });
    await writeFile(join(into, `${name}.${hostname()}.${pid}.0a.partial`), left);
    for (const file of [elsewhere, `${name}.${hostname()}.${pid}.0b.partial`]) await writeFile(join(into, file), 'x');
    const before = server.log.length;
    await downloadTo(`${server.url}/x.iso`, into, { sha256 });
    assert.ok(content.equals(await readFile(join(into, name))));
    assert.deepEqual(
      server.log.slice(before).map(({ range }) => range),
      requests,
    );
    assert.deepEqual(await readdir(into), [name, elsewhere], 'another machine may still write to its own');
  }
  await writeFile(join(folder, elsewhere), 'x');
  await utimes(join(folder, elsewhere), 0, 0);
  await downloadTo(`${server.url}/x.iso`, folder, { sha256 });
  assert.deepEqual(
    (await readdir(folder)).filter((file) => file.endsWith('.partial')),
    [alive],
  );
});

test('two downloads at once both end right', async (t) => {
  const server = await startWebServer(t, content);
  const folder = await temporaryFolder(t);
  const both = await Promise.all([1, 2].map(() => downloadTo(`${server.url}/x.iso`, folder, { sha256 })));
  assert.deepEqual(
    both.map(({ path }) => path),
    [join(folder, name), join(folder, name)],
  );
  assert.ok(content.equals(await readFile(join(folder, name))));
  assert.deepEqual(await readdir(folder), [name]);
});

test('a folder that cannot be written to is told', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'file'), '');
  const into = join(folder, 'file', 'media');
  await assert.rejects(downloadTo('http://127.0.0.1:1/x', into, { sha256 }), failure('iso.download'));
});

async function deadProcess(): Promise<{ pid: number }> {
  return { pid: Number(await run('sh', '-c', 'echo $$')) };
}
