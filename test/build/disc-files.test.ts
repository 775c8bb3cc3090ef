import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../cli/ingot.ts';
import { assertDone, assertFailed } from './built.ts';
import { openSite, tool } from './site.ts';

const site = await openSite({ smokeTest: false });

// A Tools disc without drivers, so that Windows PE has to find pvscsi elsewhere.
const tools = join(site.folder, 'tools');
await tool('7z', 'x', '-y', `-o${tools}`, join(root, 'lab/media/vmware-tools.iso'));
await rm(join(tools, 'Program Files'), { recursive: true });
await tool('genisoimage', '-quiet', '-J', '-V', 'VMware Tools', '-o', `${tools}.iso`, tools);

const drivers = join(site.folder, 'my drivers');
await mkdir(join(drivers, 'pvscsi'), { recursive: true });
await writeFile(join(drivers, 'pvscsi', 'pvscsi.inf'), '; a driver');

test('without the driver of the disk Setup stands still', async () => {
  const changes = { media: { toolsIso: `${tools}.iso` }, timeouts: { install: '2s' } };
  assertFailed(await site.build(await site.image('driverless', changes)), {
    step: 'install-windows',
    code: 'windows.setup-stuck',
    message: /last: nothing from inside yet/,
    remedy: /a driver or the media/,
    evidence: /^screenshot: /,
    left: [/the next build replaces it/],
  });
});

test('media.drivers: Windows PE loads them from the answer disc', async () => {
  const media = { toolsIso: `${tools}.iso`, files: [{ from: drivers }], drivers: ['my drivers/pvscsi'] };
  const built = await site.build(await site.image('drivers', { media }));
  assertDone(built);
  assert.match(built.proof('answer-disc')[0] ?? '', /public keys, and my drivers, /);
});

test('another content of such a file is another VM', async () => {
  await writeFile(join(drivers, 'pvscsi', 'pvscsi.inf'), '; a newer driver');
  const media = { toolsIso: `${tools}.iso`, files: [{ from: drivers }], drivers: ['my drivers/pvscsi'] };
  const built = await site.build(await site.image('drivers', { media }));
  assertDone(built);
  assert.ok(built.ran.includes('create-vm'));
});
