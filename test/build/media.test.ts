import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ingot, root } from '../cli/ingot.ts';
import { PATH } from '../lab/support/tools.ts';
import { assertFailed } from './built.ts';
import { openSite, vmNames } from './site.ts';

const site = await openSite({ smokeTest: false });
const sampleIso = join(root, 'lab/media/windows-server-20h2.iso');

/** Builds from an ISO of these bytes; it must fail while it is read, and leave nothing. */
async function buildFrom(name: string, bytes: Uint8Array) {
  const iso = join(site.folder, `${name}.iso`);
  await writeFile(iso, bytes);
  const built = await site.build(await site.image(name, { media: { iso } }));
  assert.deepEqual(await vmNames(site), []);
  return built;
}

test('an ISO that is not there: a mistake of the image file, with its place; nothing is started', async () => {
  const file = await site.image('missing', { media: { iso: './nowhere.iso' } });
  await site.lab.resetCounts();
  const { code, stdout, stderr } = await site.show(file);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /missing\.yaml:\d+:\d+ media\.iso: expected .*found .*nowhere\.iso/);
  assert.deepEqual(await site.lab.counts(), {});
});

test('an ISO that goes away before a build reads it', async () => {
  const iso = join(site.folder, 'gone.iso');
  await writeFile(iso, await readFile(sampleIso));
  const file = await site.image('gone', { media: { iso } });
  await rm(iso);
  assert.equal((await site.show(file)).code, 2);
});

test('a file that is no disc image', async () => {
  assertFailed(await buildFrom('text', Buffer.alloc(100_000, 'not an ISO ')), {
    step: 'inspect-media',
    code: 'iso.unknown',
    message: /expected/i,
    remedy: /./,
  });
});

test('an ISO that was cut off in a download', async () => {
  const bytes = await readFile(sampleIso);
  const built = await buildFrom('truncated', bytes.subarray(0, bytes.length / 2));
  assertFailed(built, { step: 'inspect-media', code: 'iso.corrupt', message: /expected/i, remedy: /download/i });
});

test('an ISO with another digest than the image file demands', async () => {
  const built = await site.build(await site.image('digest', { media: { sha256: '0'.repeat(64) } }));
  assertFailed(built, {
    step: 'upload-iso',
    code: 'media.sha256',
    message: /^expected .*windows-server-20h2\.iso to have the SHA-256 0{64}, found [0-9a-f]{64}$/,
    remedy: /download the ISO again, or correct media\.sha256/,
  });
});

test('an edition that the ISO does not hold: the error lists those it holds', async () => {
  const built = await site.build(await site.image('edition', { media: { edition: 'Windows Server Essentials' } }));
  assertFailed(built, {
    step: 'inspect-media',
    code: 'media.image',
    message: /^Expected one image in the WIM with .*Windows Server Essentials.*, found none$/,
    remedy: /Name one of the images below in media\.edition/,
    evidence: /Windows Server SERVERSTANDARDACORE/,
  });
});

test('another Windows than the image file names', async () => {
  const iso = join(root, 'lab/media/windows-server-2022.iso');
  const built = await site.build(await site.image('version', { media: { iso } }));
  assertFailed(built, {
    step: 'inspect-media',
    code: 'media.build',
    message: /^Expected Windows Server 20H2 \(build 19042\), found /,
    remedy: /correct windows\.version/,
  });
});

test('a Tools ISO that is not on the datastore', async () => {
  const built = await site.build(await site.image('tools', { media: { toolsIso: '[LocalDS_0] tools/none.iso' } }));
  assertFailed(built, {
    step: 'preflight',
    code: 'media.missing',
    message: /^expected the VMware Tools ISO at \[LocalDS_0\] tools\/none\.iso, found no such file$/,
    remedy: /upload it there, or correct media\.toolsIso/,
  });
});

test('an image that the other settings do not fit', async () => {
  const iso = join(root, 'lab/media/windows-server-2022.iso');
  const changes = { media: { iso, edition: '4' }, windows: { version: '2022' } };
  const built = await site.build(await site.image('settings', changes));
  assertFailed(built, {
    step: 'inspect-media',
    code: 'media.settings',
    message:
      /^expected image 4 \(.*\) to fit windows\.edition Standard and windows\.installationType Server Core, found ServerDatacenter, Server$/,
    remedy: /^set windows\.installationType: Server and windows\.edition: Datacenter, or name another image/,
  });
});

test('Windows Server 2019: what it lacks for OpenShift is said', async () => {
  const iso = join(root, 'lab/media/windows-server-2019.iso');
  const file = await site.image('vxlan', { media: { iso }, windows: { version: '2019' } });
  const { stdout, stderr } = await ingot(['plan', file], { cwd: site.folder, env: { PATH, ...site.lab.env } });
  assert.match(stdout, /Windows Server 2019 has no VXLAN on a custom port/, stderr);
});

test('a content library that does not hold the Tools ISO: found before anything is brought', async () => {
  const built = await site.build(await site.image('tools-library', { media: { toolsIso: 'library:none/tools' } }));
  assertFailed(built, { step: 'preflight', code: 'vsphere.not-found', message: /none/, remedy: /./ });
});
