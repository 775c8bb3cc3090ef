import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { parse } from 'yaml';
import { report } from '../../cli/iso/report.ts';
import { settingsOf } from '../../cli/iso/settings.ts';
import { mediaSchema } from '../../image/schema/media.ts';
import { windowsSchema } from '../../image/schema/windows.ts';
import { inspectMedia, type MediaFacts } from '../../iso/inspect.ts';
import { openSample, sample } from '../iso/tools.ts';
import { startWebServer } from '../iso/web-server.ts';
import { makeCertificates } from '../vsphere/certificates.ts';
import { startProxy } from '../vsphere/proxy.ts';
import { startVcsim } from '../vsphere/vcsim.ts';
import { emptyFolder, ingot } from './ingot.ts';

const iso2022 = sample('windows-server-2022');

async function factsOf(name: string): Promise<MediaFacts> {
  await using source = await openSample(name);
  return await inspectMedia(source);
}

/** What a person sees on a terminal of that width. */
function onTerminal(
  facts: MediaFacts,
  columns: number,
  location = { kind: 'file' as const, text: '/isos/x.iso' },
): string {
  const stdout = { isTTY: true, columns } as NodeJS.WriteStream;
  return report({ stdout, env: { NO_COLOR: '1' } }, { name: 'x.iso', location, facts, settings: settingsOf(facts) });
}

test('a local file is read without the modules that only URLs, vCenter and image files need', async () => {
  const { code, stderr } = await ingot(['iso', 'inspect', iso2022], {
    nodeFlags: ['--import', join(import.meta.dirname, 'loaded.ts')],
  });
  assert.equal(code, 0);
  assert.deepEqual(stderr.trim().split('\n'), ['commander', 'saxes', 'xmlchars']);
});

test('what is on the media is told, and ends with settings to paste', async () => {
  const { code, stdout, stderr } = await ingot(['iso', 'inspect', iso2022]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  for (const line of [
    /^ {2}Label +SSS_X64FREE_EN-US_DV9$/m,
    /^ {2}Size +920 KiB \(942080 bytes\), UDF$/m,
    /^ {2}Languages +en-US$/m,
    /^ {2}License +full: takes a product key$/m,
    /^ {2}Boot +BIOS +bootable +no emulation +sector 308, loads 8 × 512 bytes$/m,
    /^ +EFI +bootable +no emulation +sector 310, loads 256 × 512 bytes$/m,
    /^ {2}Key press +EFI +asks; ingot boots efisys_noprompt\.bin \(sector 395\) instead$/m,
    /^ +BIOS +asks only where the disk boots already$/m,
    /^ {2}3 {2}Windows Server 2022 SERVERDATACENTERCORE +ServerDatacenter +Server Core +10\.0\.20348\.587 +amd64 +en-US +57 B$/m,
    /^ {2}3 {2}2022 +Datacenter +Server Core +kms: Windows Server 2022 Datacenter$/m,
    /^ {2}Build 20348\.587 fails: it lacks KB5012637/m,
  ]) {
    assert.match(stdout, line);
  }
  const pasted: unknown = parse(stdout.slice(stdout.indexOf('\nwindows:')));
  assert.deepEqual(pasted, {
    windows: { version: '2022', edition: 'Standard', installationType: 'Server Core' },
    media: { iso: iso2022 },
  });
});

for (const name of ['windows-server-2019', 'windows-server-20h2', 'windows-server-2022', 'windows-server-2025']) {
  test(`${name}: the settings to paste are what the image file takes`, async () => {
    const text = onTerminal(await factsOf(name), 80);
    const { windows, media } = parse(text.slice(text.indexOf('\nwindows:')));
    assert.equal(windowsSchema.parse(windows).installationType, 'Server Core');
    assert.deepEqual(mediaSchema.parse(media).iso, { kind: 'file', path: '/isos/x.iso' });
  });
}

test('--json prints the facts and the settings that fit, as one object', async () => {
  const { code, stdout } = await ingot(['iso', 'inspect', sample('windows-server-20h2'), '--json']);
  assert.equal(code, 0);
  const { source, settings, ...facts } = JSON.parse(stdout);
  assert.equal(source, sample('windows-server-20h2'));
  assert.deepEqual(facts, await factsOf('windows-server-20h2'));
  assert.deepEqual(settings[0], {
    index: 1,
    version: '20H2',
    edition: 'Standard',
    installationType: 'Server Core',
    select: null,
    productKey: 'kms',
    kmsClientKey: { name: 'Windows Server 20H2 Standard', key: 'N2KJX-J94YW-TQVFB-DG9YT-724CC' },
    uiLanguage: 'en-US',
    gate: settings[0].gate,
    isDefault: true,
  });
  assert.equal(settings[0].gate.passed, true);
});

test('no line is wider than the terminal; a wide one has a line an image', async () => {
  const facts = await factsOf('windows-server-2022');
  for (const columns of [80, 120]) {
    const lines = onTerminal(facts, columns).split('\n');
    assert.deepEqual(
      lines.filter((line) => line.length > columns),
      [],
    );
    assert.equal(
      lines.some((line) => /STANDARDCORE +ServerStandard/.test(line)),
      columns === 120,
    );
  }
});

test('evaluation and multi-language media are told apart, and their settings are others', async () => {
  const facts = await factsOf('windows-server-2022');
  const images = facts.images.map((image) => ({
    ...image,
    editionId: `${image.editionId}Eval`,
    evaluation: true,
    languages: ['de-DE', 'fr-FR'],
  }));
  const text = onTerminal(
    { ...facts, images, evaluation: true, languages: ['de-DE', 'fr-FR'], multiLanguage: true },
    120,
  );
  assert.match(text, /Languages +de-DE, fr-FR \(multi-language media\)/);
  assert.match(text, /License +evaluation: no product key/);
  assert.match(text, /1 {2}2022 +Standard +Server Core +none$/m);
  assert.deepEqual(parse(text.slice(text.indexOf('\nwindows:'))).windows, {
    version: '2022',
    edition: 'Standard',
    installationType: 'Server Core',
    productKey: 'none',
    uiLanguage: 'de-DE',
  });
  const [first] = images;
  assert.ok(first);
  const mixed = onTerminal({ ...facts, images: [...facts.images, { ...first, index: 9 }] }, 120);
  assert.match(mixed, /License +some images are evaluation editions/);
});

test('media that ingot cannot install, or boot, say so', async () => {
  const facts = await factsOf('windows-server-2022');
  const images = facts.images.map((image) => ({ ...image, build: 14393 }));
  const noPrompt = { available: false, reason: 'there is no efisys_noprompt.bin' } as const;
  const text = onTerminal({ ...facts, images, noPrompt, biosPrompt: false }, 120);
  assert.match(text, /none: ingot installs Windows Server 2019, 20H2, 2022 and 2025 for amd64/);
  assert.match(text, /EFI +asks, and cannot be patched: there is no efisys_noprompt\.bin/);
  assert.match(text, /BIOS +does not ask: no boot\/bootfix\.bin/);
  assert.doesNotMatch(text, /^windows:/m);
});

test('names on the media cannot write to the terminal', async () => {
  const facts = await factsOf('windows-server-2022');
  const evil = 'a\u001b[2J\u009b31m\nb';
  const images = facts.images.map((image) => ({ ...image, name: evil, editionId: evil, languages: [evil] }));
  const text = onTerminal({ ...facts, volumeLabel: evil, languages: [evil], images }, 120);
  assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}/u);
});

test('what is no Windows ISO is told as far as it goes; what is no ISO is an error', async (t) => {
  const tools = await ingot(['iso', 'inspect', sample('vmware-tools')]);
  assert.equal(tools.code, 0);
  assert.match(tools.stdout, /Label +VMware Tools\n.*\n +Windows +none: there is no sources\/install\.wim/);
  assert.match(tools.stdout, /Boot +no: there is no boot catalogue/);
  const folder = emptyFolder(t);
  await writeFile(join(folder, 'x.iso'), Buffer.alloc(100_000));
  const other = await ingot(['iso', 'inspect', join(folder, 'x.iso')]);
  assert.deepEqual([other.code, other.stdout], [1, '']);
  assert.match(other.stderr, /\(iso\.unknown\)/);
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const name of ['none.iso', 'pipe', '.']) {
    assert.match((await ingot(['iso', 'inspect', join(folder, name)])).stderr, /\(iso\.open\)/);
  }
});

test('a URL is read in ranges, with a CA of one’s own; what a URL needs is in the settings', async (t) => {
  const { caFile, key, cert, remove } = await makeCertificates();
  t.after(remove);
  const server = await startWebServer(t, await readFile(iso2022), { key, cert });
  const url = `${server.url.replace('//', '//admin:s3cret@')}/2022.iso?sig=abc123`;
  const { code, stdout, stderr } = await ingot(['iso', 'inspect', url, '--ca-file', caFile]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.match(stdout, /^media:\n {2}iso: https:\/\/127\.0\.0\.1:\d+\/2022\.iso # and its query.*\n {2}sha256: #/m);
  assert.doesNotMatch(stdout, /s3cret|abc123/);
  const untrusted = await ingot(['iso', 'inspect', url]);
  assert.equal(untrusted.code, 3);
  assert.match(untrusted.stderr, /\(iso\.http-certificate\)/);
  assert.equal((await ingot(['iso', 'inspect', url, '--ca-file', iso2022])).code, 2);
  server.rule = () => ({ noRanges: true });
  const whole = await ingot(['iso', 'inspect', url, '--ca-file', caFile]);
  assert.equal(whole.code, 1);
  assert.match(whole.stderr, /\(iso\.no-ranges\)[\s\S]*media\.withoutRanges: download/);
});

test('a datastore path is read in the vCenter that an image file names', async (t) => {
  const sim = await startVcsim();
  t.after(sim.stop);
  const proxy = await startProxy(sim.server);
  t.after(proxy.stop);
  await sim.govc('datastore.upload', '-ds', 'LocalDS_0', iso2022, 'iso/2022.iso');
  const file = join(emptyFolder(t), 'image.yaml');
  await writeFile(file, imageFile(proxy.server, proxy.caFile));
  const env = { TEST_PASSWORD: 'pass' };
  const path = '[LocalDS_0] iso/2022.iso';
  const { code, stdout, stderr } = await ingot(['iso', 'inspect', path, '--image', file, '--json'], { env });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const { source, settings, ...facts } = JSON.parse(stdout);
  assert.deepEqual([source, facts], [path, await factsOf('windows-server-2022')]);
  assert.equal(proxy.count('Logout'), 1);
  const missing = await ingot(['iso', 'inspect', '[LocalDS_0] iso/none.iso', '--image', file], { env });
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /\(datastore\.missing\)/);
  const nowhere = await ingot(['iso', 'inspect', path]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /--image FILE\.yaml/);
});

function imageFile(server: string, caFile: string): string {
  return `apiVersion: ingot/v1
name: inspect
vcenter: { server: '${server}', username: user, password: 'env:TEST_PASSWORD', caFile: '${caFile}' }
placement: { datacenter: DC0, compute: DC0_C0, datastore: LocalDS_0, network: VM Network }
media: { iso: '${iso2022}' }
windows: { version: 20H2 }
openssh: { authorizedKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKa5mQW0mBvQ4Tj0XnV3h1cF5v4q2b9d8e7f6a5b4c3d test'], privateKey: 'env:TEST_PASSWORD' }
updates: none
`;
}
