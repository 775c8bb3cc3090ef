import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, test } from 'node:test';
import type { DatastoreLocation, UploadSource, Vsphere } from '../../vsphere/index.ts';
import { connect, download, makeDirectory, openDatacenter, searchDatastore, upload } from '../../vsphere/index.ts';
import type { FaultProxy, UploadFault } from './proxy.ts';
import { startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
let ds: DatastoreLocation;
before(async () => {
  sim = await startVcsim();
  proxy = await startProxy(sim.server);
  vc = await connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });
  ds = (await openDatacenter(vc, 'DC0')).datastore('LocalDS_0');
  await makeDirectory(vc, ds, 'up');
});
after(async () => {
  await vc.close();
  await proxy.stop();
  sim.stop();
});
afterEach(() => {
  proxy.rule = () => undefined;
});

const KIB = 1024;
const SIZE = 8 * KIB * KIB + 5;

/** Bytes that are nowhere the same, written into one buffer again and again, as a fast source does. */
function reusing(pieceBytes: number): UploadSource & { readonly opened: () => number; readonly left: () => number } {
  let opened = 0;
  let open = 0;
  return {
    size: SIZE,
    opened: () => opened,
    left: () => open,
    async *open() {
      opened++;
      open++;
      const buffer = Buffer.alloc(pieceBytes);
      try {
        for (let offset = 0; offset < SIZE; offset += pieceBytes) {
          const piece = buffer.subarray(0, Math.min(pieceBytes, SIZE - offset));
          fill(piece, offset);
          yield piece;
          buffer.fill(0xff);
        }
      } finally {
        open--;
      }
    },
  };
}

function fill(piece: Buffer, offset: number): void {
  for (let at = 0; at < piece.length; at++) piece[at] = ((offset + at) * 2654435761) >>> 13;
}

const WANTED = Buffer.alloc(SIZE);
fill(WANTED, 0);
const SHA256 = createHash('sha256').update(WANTED).digest('hex');

async function stored(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await download(vc, ds, path)) hash.update(chunk);
  return hash.digest('hex');
}

/** Strikes the first uploads, one fault each. */
function strike(...faults: UploadFault[]): void {
  proxy.rule = ({ method }) => {
    const fault = method === 'PUT folder' ? faults.shift() : undefined;
    return fault === undefined ? undefined : { upload: fault };
  };
}

for (const pieceBytes of [1 << 20, 100 * KIB, 40 * KIB, 1000]) {
  test(`a source may use the memory of its pieces again (${pieceBytes} bytes)`, async () => {
    const { sha256 } = await upload(vc, ds, 'up/reused.iso', reusing(pieceBytes));
    assert.equal(sha256, SHA256);
    assert.equal(await stored('up/reused.iso'), SHA256);
  });
}

const HALF = SIZE / 2;
const TWICE: readonly [string, UploadFault, RegExp][] = [
  [
    'a connection that is cut',
    { afterBytes: HALF, ending: 'cut' },
    /broke off after \d+ bytes: .+; sent again from the/,
  ],
  [
    'a session that has expired, with the connection closed',
    { afterBytes: HALF, ending: 'close', status: 401 },
    /sent again from the start/,
  ],
  [
    'a session that has expired, told while the body is still read',
    { afterBytes: HALF, ending: 'drain', status: 401 },
    /the session had expired after \d+ bytes; logged in, sent again from the start/,
  ],
  ['a vCenter that is busy', { afterBytes: 1, ending: 'drain', status: 503 }, /found 503; sent again from the start/],
  ['success before all is there', { afterBytes: HALF, ending: 'drain', status: 200 }, /HTTP 200 before all was sent/],
];
for (const [what, fault, reason] of TWICE) {
  test(`${what}: the upload begins anew, and says why`, async () => {
    strike(fault);
    const told: string[] = [];
    const source = reusing(1 << 18);
    const seen: number[] = [];
    const uploaded = await upload(vc, ds, 'up/again.iso', source, {
      log: (message) => void told.push(message),
      onProgress: (bytes) => void seen.push(bytes),
    });
    assert.deepEqual(uploaded, { bytes: SIZE, sha256: SHA256 });
    assert.equal(await stored('up/again.iso'), SHA256);
    assert.equal(source.opened(), 2);
    assert.equal(source.left(), 0, 'a source that was not closed');
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0] ?? '', /^uploading \[LocalDS_0\] up\/again\.iso/);
    assert.match(told[0] ?? '', reason);
    assert.equal(seen.at(-1), SIZE);
  });
}

test('a connection that is cut because the session had expired: the next try has a new one', async () => {
  const { cookie } = vc.session.soap;
  let cut = false;
  proxy.rule = ({ method, cookie: sent }) => {
    if (sent !== cookie || method !== 'PUT folder') return undefined;
    cut = true;
    return { upload: { afterBytes: HALF, ending: 'cut' } };
  };
  await sim.govc('session.rm', vc.session.key);
  await upload(vc, ds, 'up/session.iso', reusing(1 << 18), { log: () => undefined });
  assert.ok(cut);
  assert.equal(await stored('up/session.iso'), SHA256);
});

test('tries are counted: the last error says how many there were, and why each failed', async () => {
  const fault: UploadFault = { afterBytes: HALF, ending: 'cut' };
  strike(fault, fault, fault);
  const told: string[] = [];
  await assert.rejects(
    upload(vc, ds, 'up/never.iso', reusing(1 << 18), { log: (line) => void told.push(line), backOffMs: [0, 10] }),
    (error: { code?: string; retryable?: boolean; message: string; evidence?: string[] }) => {
      assert.equal(error.code, 'datastore.upload');
      assert.equal(error.retryable, true);
      assert.match(error.message, /given up after 3 tries$/);
      assert.equal(error.evidence?.length, 3);
      return true;
    },
  );
  assert.deepEqual(
    told.map((line) => /try \d of \d$/.exec(line)?.[0]),
    ['try 2 of 3', 'try 3 of 3'],
  );
});

test('a vCenter that takes no more bytes and says nothing is given up', async () => {
  strike({ afterBytes: HALF, ending: 'stall' });
  const source = { ...reusing(1 << 20), size: 64 << 20, open: endless };
  await assert.rejects(upload(vc, ds, 'up/stalled.iso', source, { stallMs: 300, backOffMs: [] }), {
    code: 'datastore.upload',
    timedOut: true,
    message: /vCenter has taken no byte for/,
  });
});

async function* endless() {
  for (;;) yield Buffer.alloc(1 << 20);
}

test('an abort ends the upload at once, also while it waits for its next try', async () => {
  const fault: UploadFault = { afterBytes: HALF, ending: 'cut' };
  strike(fault, fault);
  const controller = new AbortController();
  const reason = new Error('stop');
  const log = () => setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(
    upload(vc, ds, 'up/aborted.iso', reusing(1 << 18), { signal: controller.signal, log, backOffMs: [60_000] }),
    (error) => error === reason,
  );
});

test('an empty file', async () => {
  await upload(vc, ds, 'up/empty', { size: 0, open: () => [] });
  assert.equal(await text(await download(vc, ds, 'up/empty')), '');
  const files = await searchDatastore(vc, ds, 'up', ['empty']);
  assert.equal(files?.length, 1);
});
