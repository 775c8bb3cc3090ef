import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { ingot, root } from '../cli/ingot.ts';
import { PATH } from '../lab/support/tools.ts';
import { makeCertificates } from '../vsphere/certificates.ts';
import { startProxy } from '../vsphere/proxy.ts';
import { assertFailed, type Built } from './built.ts';
import { type Changes, openSite } from './site.ts';

const site = await openSite({ smokeTest: false });
const sample = join(root, 'lab/media/windows-server-20h2.iso');
const bytes = await readFile(sample);
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** A web server that has the ISO; it counts the bytes of bodies that it sent. */
const web = { ranges: true, stands: false, sent: 0 };
const certificates = await makeCertificates();
const server = createServer({ key: certificates.key, cert: certificates.cert }, (request, response) => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (range === null || !web.ranges) {
    web.sent += bytes.length;
    if (web.stands && request.headers.range === undefined) {
      response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' }).write(bytes.subarray(0, 1000));
      return;
    }
    response.writeHead(200, { 'content-length': bytes.length, etag: '"1"' }).end(bytes);
    return;
  }
  const first = Number(range[1]);
  const last = Math.min(range[2] === '' ? bytes.length - 1 : Number(range[2]), bytes.length - 1);
  web.sent += last - first + 1;
  response.writeHead(206, {
    'content-range': `bytes ${first}-${last}/${bytes.length}`,
    'content-length': last - first + 1,
    etag: '"1"',
  });
  response.end(bytes.subarray(first, last + 1));
});
server.listen(0, '127.0.0.1');
after(async () => {
  server.close();
  await certificates.remove();
});
const urlOf = (name: string) => `https://127.0.0.1:${(server.address() as AddressInfo).port}/isos/${name}`;

await site.govc('datastore.mkdir', 'iso');
await site.govc('datastore.upload', sample, 'iso/windows.iso');
await site.govc('library.create', 'Windows ISOs');
await site.govc('library.import', 'Windows ISOs', sample);

// What is looked at here is over when the VM is made: the builds end there, and nothing is left.
await site.lab.faults.inject({ kind: 'soap', method: 'CreateVM_Task', type: 'InvalidName', times: 1000 });

/** Builds until the VM would be made. */
async function bring(name: string, changes: Changes = {}): Promise<Built> {
  const built = await site.build(await site.image(name, changes));
  const [failed] = built.of('step-failed');
  assert.equal(failed?.step, 'create-vm', JSON.stringify(built.end.failure, null, 2));
  return built;
}

/** Where a build has the Windows ISO from, by its proof. */
function brought(built: Built): string {
  const [digest = '', where = ''] = built.proof('upload-iso');
  assert.match(digest, /^SHA-256 [0-9a-f]{64}, /);
  // What is brought is named by what it is.
  const name = /ingot\/media\/sha256-([0-9a-f]{12})/.exec(where)?.[1];
  assert.equal(digest.slice(8, 20), name ?? sha256.slice(0, 12));
  return where;
}

/** Removes what this machine remembers, as another runner would not have it; `media`: also what was uploaded. */
async function forget({ media = false } = {}): Promise<void> {
  await rm(join(site.folder, '.ingot'), { recursive: true, force: true });
  if (media) await site.govc('datastore.rm', '-f', 'ingot/media');
}

const uploads = async () => (await site.lab.counts())['PUT /folder'] ?? 0;

suite('the Windows ISO', () => {
  test('of this machine: another runner reads it, and finds what the first one uploaded', async () => {
    const first = await bring('first');
    assert.match(brought(first), /^\[LocalDS_0\] ingot\/media\/sha256-.*; no prompt: patched on upload$/);
    await forget();
    const second = await bring('second');
    assert.match(brought(second), /; there already$/);
    assert.deepEqual(second.of('warning'), []);
  });

  test('a file of the same name and size with other content is not taken for it', async () => {
    const other = Buffer.from(bytes);
    other.write('OTHER', 0); // the system area: no reader looks there
    const iso = join(site.folder, 'windows-server-20h2.iso');
    await writeFile(iso, other);
    const built = await bring('other', { media: { iso } });
    assert.match(built.proof('upload-iso')[1] ?? '', /patched on upload$/);
  });

  test('of a datastore: read in ranges, copied once for the patch, known by its place afterwards', async () => {
    await forget({ media: true });
    const iso = '[LocalDS_0] iso/windows.iso';
    const built = await bring('datastore', { media: { iso } });
    assert.match(brought(built), /^\[LocalDS_0\] ingot\/media\/sha256-[0-9a-f]{12}-windows\.iso; no prompt: patched/);
    await forget();
    await site.lab.resetCounts();
    const again = await bring('datastore-2', { media: { iso } });
    assert.match(brought(again), /; there already$/);
    assert.equal(await uploads(), 2, 'the answer disc and the lease only');
  });

  test('of a datastore, for a BIOS that does not ask: used where it lies', async () => {
    const media = { iso: '[LocalDS_0] iso/windows.iso', sha256 };
    const built = await bring('in-place', { media, hardware: { firmware: 'bios' } });
    assert.match(brought(built), /^\[LocalDS_0\] iso\/windows\.iso; there already$/);
  });

  test('of a datastore, with another digest than the image file demands', async () => {
    const media = { iso: '[LocalDS_0] iso/windows.iso', sha256: 'a'.repeat(64) };
    const built = await site.build(await site.image('wrong', { media }));
    assertFailed(built, {
      step: 'upload-iso',
      code: 'media.sha256',
      message: new RegExp(`^expected \\[LocalDS_0\\] iso/windows\\.iso to have the SHA-256 a{64}, found ${sha256}$`),
      remedy: /correct media\.sha256/,
    });
  });

  test('that is not on the datastore: found before anything is made', async () => {
    const built = await site.build(await site.image('none', { media: { iso: '[LocalDS_0] iso/none.iso' } }));
    assertFailed(built, {
      step: 'inspect-media',
      code: 'datastore.missing',
      message: /expected the file \[LocalDS_0\] iso\/none\.iso, found none/,
      remedy: /govc datastore\.ls/,
    });
  });

  test('of a content library', async () => {
    const built = await bring('library', { media: { iso: 'library:Windows ISOs/windows-server-20h2' } });
    assert.match(brought(built), /^\[LocalDS_0\] ingot\/media\/sha256-/);
  });

  test('of a URL: read in ranges, brought in one pass, not read again by another runner', async () => {
    await forget({ media: true });
    web.sent = 0;
    const media = { iso: urlOf('win.iso'), sha256, caFile: certificates.caFile };
    const built = await bring('url', { media });
    assert.match(brought(built), /ingot\/media\/sha256-[0-9a-f]{12}-win\.iso; no prompt: patched on upload$/);
    assert.ok(web.sent < 2 * bytes.length, `${web.sent} bytes were sent`);
    await forget();
    web.sent = 0;
    const again = await bring('url-2', { media });
    assert.match(brought(again), /; there already$/);
    assert.ok(web.sent < bytes.length, `${web.sent} bytes were sent`);
  });

  test('of a URL: a plan that is offline asks the server, and not vCenter', async () => {
    const media = { iso: urlOf('win.iso'), sha256, caFile: certificates.caFile };
    const file = await site.image('url-offline', { media });
    await site.lab.resetCounts();
    const options = { cwd: site.folder, env: { PATH, ...site.lab.env } };
    const { code, stdout, stderr } = await ingot(['plan', file, '--offline'], options);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /no prompt: patched on upload/);
    assert.match(stdout, /SHA-256 not known before it is brought/);
    assert.deepEqual(await site.lab.counts(), {});
  });

  test('of a server whose certificate is not trusted', async () => {
    const built = await site.build(await site.image('untrusted', { media: { iso: urlOf('x.iso'), sha256 } }));
    assertFailed(built, {
      step: 'inspect-media',
      code: 'iso.http-certificate',
      message: /certificate/,
      remedy: /./,
      exit: 3,
    });
  });

  test('of a URL, with another digest: both are named, and nothing is left under its name', async () => {
    await forget({ media: true });
    const built = await site.build(
      await site.image('url-wrong', {
        media: { iso: urlOf('x.iso'), sha256: 'b'.repeat(64), caFile: certificates.caFile },
      }),
    );
    assertFailed(built, {
      step: 'upload-iso',
      code: 'media.sha256',
      message: new RegExp(`SHA-256 b{64}, found ${sha256}$`),
      remedy: /download the ISO again/,
    });
    assert.equal((await site.govc('datastore.ls', 'ingot/media')).trim(), '');
  });

  test('of a server that sends whole files only: an error, or a download, as the image file says', async () => {
    web.ranges = false;
    try {
      const media = { iso: urlOf('whole.iso'), sha256, caFile: certificates.caFile };
      assertFailed(await site.build(await site.image('whole', { media })), {
        step: 'inspect-media',
        code: 'iso.no-ranges',
        message: /^Expected a server that answers range requests for https/,
        remedy: /media\.withoutRanges: download/,
      });
      const built = await bring('whole', { media: { ...media, withoutRanges: 'download' } });
      assert.match(brought(built), /ingot\/media\/sha256-[0-9a-f]{12}-whole\.iso/);
      assert.ok(built.of('warning').some(({ message }) => /sends whole files only/.test(message)));
    } finally {
      web.ranges = true;
    }
  });

  test('of such a server: what fails meanwhile ends the build, and not the download', { timeout: 20_000 }, async () => {
    Object.assign(web, { ranges: false, stands: true });
    try {
      const media = { iso: urlOf('stands.iso'), sha256, caFile: certificates.caFile, withoutRanges: 'download' };
      const started = performance.now();
      await forget();
      const built = await site.build(await site.image('stands', { media, placement: { datastore: 'none' } }));
      assert.equal(built.end.failure?.code, 'vsphere.not-found');
      assert.ok(performance.now() - started < 5000, 'it waited for the download');
    } finally {
      Object.assign(web, { ranges: true, stands: false });
    }
  });

  test('of a vCenter that sends whole files only: an error, or a download, as the image file says', async (t) => {
    const proxy = await startProxy(site.lab.env.INGOT_VAR_vcenter ?? '');
    t.after(() => proxy.stop());
    proxy.rule = ({ method, path }) =>
      method === 'GET folder' && path.startsWith('/folder/iso/') ? { answer: { status: 200, body: bytes } } : undefined;
    const vcenter = { server: proxy.server, caFile: proxy.caFile };
    const media = { iso: '[LocalDS_0] iso/windows.iso' };
    assertFailed(await site.build(await site.image('unranged', { vcenter, media })), {
      step: 'inspect-media',
      code: 'datastore.no-ranges',
      message: /./,
      remedy: /media\.withoutRanges: download/,
    });
    await forget({ media: true });
    const built = await bring('unranged', { vcenter, media: { ...media, withoutRanges: 'download' } });
    assert.match(brought(built), /^\[LocalDS_0\] ingot\/media\/sha256-/);
    assert.ok(built.of('warning').some(({ message }) => /^vCenter sends whole files only/.test(message)));
  });
});
