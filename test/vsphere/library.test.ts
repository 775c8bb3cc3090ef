import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { resolveLibraryItem } from '../../vsphere/content-library.ts';
import type { Vsphere } from '../../vsphere/index.ts';
import { connect, download, openDatacenter, parseDatastorePath } from '../../vsphere/index.ts';
import type { FaultProxy, Passing } from './proxy.ts';
import { startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
let folder: string;
const open = () => connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });

before(async () => {
  sim = await startVcsim('-api-version', '8.0.3.0');
  proxy = await startProxy(sim.server);
  vc = await open();
  folder = await mkdtemp(join(tmpdir(), 'ingot-library-'));
  for (const name of ['windows.iso', 'second.iso', 'notes.txt']) await writeFile(join(folder, name), `this is ${name}`);
  await sim.govc('library.create', '-ds', 'LocalDS_0', 'media');
  await sim.govc('library.create', '-ds', 'LocalDS_0', 'other');
  await sim.govc('library.import', '-n', 'server 2022', 'media', join(folder, 'windows.iso'));
  await sim.govc('library.import', '-n', 'two', 'media', join(folder, 'windows.iso'));
  await sim.govc('library.import', 'media/two', join(folder, 'second.iso'));
  await sim.govc('library.import', '-n', 'notes', 'media', join(folder, 'notes.txt'));
});
after(async () => {
  await vc.close();
  await proxy.stop();
  sim.stop();
  await rm(folder, { recursive: true });
});
afterEach(() => {
  proxy.rule = () => undefined;
});

test('an item is found as a path, where its bytes are and where govc says it is', async () => {
  const { path, paths, name, size } = await resolveLibraryItem(vc, 'media', 'server 2022');
  assert.match(path, /^\[LocalDS_0\] contentlib-/);
  assert.deepEqual([paths, name, size], [[path], 'windows.iso', 19]);
  const said = await sim.govc('library.info', '-L', '-l', '/media/server 2022/windows.iso');
  assert.equal(said.trim(), path);
  const datacenter = await openDatacenter(vc, 'DC0');
  let text = '';
  const parsed = parseDatastorePath(path);
  for await (const chunk of await download(vc, datacenter.datastore(parsed.datastore), parsed.path)) text += chunk;
  assert.equal(text, 'this is windows.iso');
});

test('what is not there is told with what is', async () => {
  await assert.rejects(resolveLibraryItem(vc, 'meida', 'server 2022'), {
    code: 'vsphere.not-found',
    message: /content library "meida"/,
    evidence: ['there is: media, other'],
  });
  await assert.rejects(resolveLibraryItem(vc, 'media', 'server 2025'), {
    code: 'vsphere.not-found',
    message: /a library item "server 2025" below content library media/,
    evidence: ['there is: server 2022, notes, two'],
  });
});

test('an item with no ISO, and one with two', async () => {
  await assert.rejects(resolveLibraryItem(vc, 'media', 'notes'), {
    code: 'library.iso',
    message: /expected one ISO file in the library item media\/notes, found notes\.txt/,
  });
  await assert.rejects(resolveLibraryItem(vc, 'media', 'two'), {
    code: 'library.iso',
    message: /found windows\.iso, second\.iso/,
  });
});

test('an item of a subscribed library that is not downloaded', async () => {
  const uncached = (answer: string) => answer.replaceAll('"cached":true', '"cached":false');
  proxy.rule = ({ path }) => (path.includes('/item/storage') ? { rewrite: uncached } : undefined);
  await assert.rejects(resolveLibraryItem(vc, 'media', 'server 2022'), {
    code: 'library.not-cached',
    remedy: /Synchronize/,
  });
});

test('a file on no datastore', async () => {
  const elsewhere = (answer: string) => answer.replace(/"datastore_id":"[^"]*"/, '"storage_uri":"nfs://server/path"');
  proxy.rule = ({ path }) => (path.includes('/item/storage') ? { rewrite: elsewhere } : undefined);
  await assert.rejects(resolveLibraryItem(vc, 'media', 'server 2022'), { code: 'library.storage' });
});

const isLogin = ({ method, path }: Passing) => method === 'POST rest' && path === '/rest/com/vmware/cis/session';
const json = (value: unknown, status = 200) => ({ answer: { status, body: JSON.stringify(value) } });

test('one login serves all calls, an expired session is renewed, close logs out', async () => {
  const own = await open();
  const start = proxy.log.length;
  const logins = () => proxy.log.slice(start).filter(isLogin).length;
  await Promise.all([resolveLibraryItem(own, 'media', 'server 2022'), resolveLibraryItem(own, 'media', 'server 2022')]);
  assert.equal(logins(), 1);
  let expired = false;
  proxy.rule = ({ path }) => {
    if (expired || !path.includes('action=find')) return undefined;
    expired = true;
    return json({ type: 'com.vmware.vapi.std.errors.unauthenticated', value: { messages: [] } }, 401);
  };
  await resolveLibraryItem(own, 'media', 'server 2022');
  assert.equal(logins(), 2);
  await own.close();
  const out = proxy.log.slice(start).filter(({ method }) => method === 'DELETE rest');
  assert.deepEqual(
    out.map(({ path }) => path),
    ['/rest/com/vmware/cis/session'],
  );
});

test('reads are sent again after an outage; writes are not', async () => {
  await resolveLibraryItem(vc, 'media', 'server 2022');
  for (const part of ['/item/storage', '/library?~action=find']) {
    let struck = 0;
    proxy.rule = ({ path }) => (path.includes(part) && struck++ === 0 ? { cut: 'before' } : undefined);
    await resolveLibraryItem(vc, 'media', 'server 2022');
    assert.equal(struck, 2, part);
  }
  let sent = 0;
  proxy.rule = ({ path }) => (path.endsWith('/x') && sent++ === 0 ? { cut: 'after' } : undefined);
  const rest = await vc.rest();
  await assert.rejects(rest.call('POST', { api: '/x', rest: '/x' }), { code: 'vsphere.lost-answer' });
  assert.equal(sent, 1);
});

for (const [style, body] of [
  [
    'rest',
    {
      type: 'com.vmware.vapi.std.errors.unauthorized',
      value: { messages: [{ id: 'x', default_message: 'No privilege', args: [] }] },
    },
  ],
  ['api', { error_type: 'UNAUTHORIZED', messages: [{ id: 'x', default_message: 'No privilege', args: [] }] }],
] as const) {
  test(`an error of /${style} has its kind as code, and its text`, async () => {
    proxy.rule = ({ path }) => (path.includes('action=find') ? json(body, 403) : undefined);
    await assert.rejects(resolveLibraryItem(vc, 'media', 'server 2022'), {
      code: 'rest.unauthorized',
      message: /UNAUTHORIZED \(HTTP 403\): No privilege$/,
    });
  });
}

test('an account that may not log in, and a vCenter that has no session left', async () => {
  for (const [status, body, code] of [
    [401, {}, 'vsphere.login'],
    [
      503,
      {
        type: 'com.vmware.vapi.std.errors.service_unavailable',
        value: { messages: [{ id: 'com.vmware.vapi.endpoint.failedToLoginMaxUserSessionCountReached' }] },
      },
      'rest.service-unavailable',
    ],
  ] as const) {
    const own = await open();
    proxy.rule = (passing) => (isLogin(passing) ? json(body, status) : undefined);
    const rest = await own.rest();
    const address = { api: '/x', rest: '/x' };
    await assert.rejects(rest.call('POST', address), { code });
    await own.close();
  }
});

test('where /api has sessions it is used: bare values, ids in the path, no ~', async () => {
  const own = await open();
  const ds = (await openDatacenter(own, 'DC0')).datastore('LocalDS_0');
  const url = String((await own.read(ds.ref, ['summary.url']))['summary.url']).replace(/\/*$/, '/');
  const uri = `${url}contentlib-1/2/Server%202022_3.iso`;
  const file = {
    name: 'Server 2022.iso',
    size: 5_000_000_000,
    cached: true,
    storage_backing: { type: 'DATASTORE', datastore_id: ds.ref.value },
    storage_uris: [uri, `${uri}?serverId=4`],
  };
  const answers: Record<string, ReturnType<typeof json>> = {
    'POST /api/session': json('token-1', 201),
    'POST /api/content/library?action=find': json(['l 1']),
    'POST /api/content/library/item?action=find': json(['i/1']),
    'GET /api/content/library/item/i%2F1/storage': json([file]),
    'DELETE /api/session': json(undefined, 204),
  };
  const start = proxy.log.length;
  proxy.rule = ({ method, path }) => answers[`${method.split(' ')[0]} ${path}`];
  const found = await resolveLibraryItem(own, 'media', 'server 2022');
  assert.deepEqual(found, {
    path: '[LocalDS_0] contentlib-1/2/Server 2022_3.iso',
    paths: ['[LocalDS_0] contentlib-1/2/Server 2022_3.iso'],
    name: 'Server 2022.iso',
    size: 5_000_000_000,
  });
  await own.close();
  const sent = proxy.log.slice(start).filter(({ path }) => path.startsWith('/api'));
  assert.equal(sent.length, 5);
  assert.deepEqual(
    sent.filter(({ body }) => body !== '').map(({ body }) => JSON.parse(body)),
    [{ name: 'media' }, { library_id: 'l 1', name: 'server 2022' }],
  );
});
