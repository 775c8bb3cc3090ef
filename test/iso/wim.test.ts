import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inspectMedia } from '../../iso/inspect.ts';
import { bufferSource, openFileSource } from '../../iso/source.ts';
import { readWim, type WimFacts } from '../../iso/wim.ts';
import type { WindowsImage } from '../../iso/wim-xml.ts';
import { makeEsd, makeSwm, makeWim, SAMPLE_IMAGES } from './fixtures/wim.ts';
import { failure, run, temporaryFolder } from './tools.ts';

async function factsOf(path: string): Promise<WimFacts> {
  await using source = await openFileSource(path);
  return await readWim(source);
}

/** What xmllint finds in the XML that wiminfo gives: one text a path. */
async function xpath(wim: string, folder: string, index: number, paths: readonly string[]): Promise<readonly string[]> {
  await run('wiminfo', wim, `--extract-xml=${folder}/told.xml`);
  const texts = paths.map((path) => `string(/WIM/IMAGE[@INDEX=${index}]/${path})`).join(`, '|', `);
  return (await run('xmllint', '--xpath', `concat(${texts}, '')`, `${folder}/told.xml`)).replace(/\n$/, '').split('|');
}

const FIELDS = ['NAME', 'DESCRIPTION', 'DISPLAYNAME', 'FLAGS', 'TOTALBYTES', 'HARDLINKBYTES'];
const WINDOWS = ['EDITIONID', 'INSTALLATIONTYPE', 'VERSION/BUILD', 'VERSION/SPBUILD', 'LANGUAGES/DEFAULT'];

function texts(image: WindowsImage): readonly string[] {
  const { name, description, displayName, flags, totalBytes, hardLinkBytes, editionId, installationType } = image;
  const version = editionId === '' ? ['', ''] : [String(image.build), String(image.revision)];
  const sizes = [String(totalBytes), String(hardLinkBytes)];
  return [
    name,
    description,
    displayName,
    flags,
    ...sizes,
    editionId,
    installationType,
    ...version,
    image.defaultLanguage,
  ];
}

test('WIM and ESD of wimlib: every image as wiminfo tells it', async (t) => {
  const folder = await temporaryFolder(t);
  const wim = await makeWim(folder);
  const esd = await makeEsd(wim, `${folder}/install.esd`);
  for (const [path, solid] of [
    [wim, false],
    [esd, true],
  ] as const) {
    const facts = await factsOf(path);
    assert.equal(facts.solid, solid);
    assert.deepEqual([facts.partNumber, facts.totalParts, facts.bootIndex], [1, 1, 0]);
    assert.equal(facts.images.length, SAMPLE_IMAGES.length);
    const paths = [...FIELDS, ...WINDOWS.map((field) => `WINDOWS/${field}`)];
    for (const image of facts.images) assert.deepEqual(texts(image), await xpath(path, folder, image.index, paths));
    assert.deepEqual(
      facts.images.map((image) => [image.index, image.architecture, image.evaluation, image.languages]),
      [
        [1, 'amd64', true, ['de-DE', 'en-US', 'ja-JP']],
        [2, 'arm64', false, ['fr-FR']],
        [3, 'unknown', false, []],
      ],
    );
  }
});

test('the first part of a split WIM tells all of it', async (t) => {
  const folder = await temporaryFolder(t);
  const swm = await makeSwm(folder, randomBytes(3 * 1024 * 1024));
  const facts = await factsOf(swm);
  const told = await run('wiminfo', swm);
  assert.equal(`${facts.partNumber}/${facts.totalParts}`, /^Part Number: +(.*)$/m.exec(told)?.[1]);
  assert.ok(facts.totalParts > 1);
  assert.deepEqual(
    facts.images.map(({ index, name, editionId }) => [index, name, editionId]),
    [[1, 'split', 'ServerStandard']],
  );
  await mkdir(`${folder}/iso/sources`, { recursive: true });
  await rename(swm, `${folder}/iso/sources/install.swm`);
  await run('genisoimage', '-quiet', '-udf', '-o', `${folder}/x.iso`, `${folder}/iso`);
  await using source = await openFileSource(`${folder}/x.iso`);
  const { installImage } = await inspectMedia(source);
  const { size } = await stat(`${folder}/iso/sources/install.swm`);
  assert.deepEqual(installImage, { path: 'sources/install.swm', kind: 'swm', size, parts: facts.totalParts });
});

test('languages of all images and of lang.ini are brought together; evaluation only when all images are', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(`${folder}/iso/sources`, { recursive: true });
  const esd = await makeEsd(await makeWim(folder), `${folder}/iso/sources/install.esd`);
  const inspect = async () => {
    await run('genisoimage', '-quiet', '-udf', '-o', `${folder}/x.iso`, `${folder}/iso`);
    await using source = await openFileSource(`${folder}/x.iso`);
    return await inspectMedia(source);
  };
  const plain = await inspect();
  assert.deepEqual(plain.languages, ['de-DE', 'en-US', 'ja-JP', 'fr-FR']);
  assert.deepEqual([plain.multiLanguage, plain.evaluation, plain.biosPrompt], [true, false, false]);
  assert.equal(plain.installImage?.kind, 'esd');

  await run('wimlib-imagex', 'delete', esd, '3', '--quiet');
  await run('wimlib-imagex', 'delete', esd, '2', '--quiet');
  assert.equal((await inspect()).evaluation, true);
  await makeEsd(await makeWim(await temporaryFolder(t)), `${folder}/all.esd`);
  await run('wimlib-imagex', 'export', `${folder}/all.esd`, '2', `${folder}/french.esd`, '--solid', '--quiet');
  await rename(`${folder}/french.esd`, esd);
  const ini = '[Available UI Languages]\r\nFR-fr = 3\r\n\r\n[Fallback Languages]\r\nit-IT = en-us\r\n';
  await writeFile(`${folder}/iso/sources/lang.ini`, ini);
  const single = await inspect();
  assert.deepEqual([single.languages, single.multiLanguage], [['fr-FR'], false]);
  await writeFile(`${folder}/iso/sources/lang.ini`, `\uFEFF${ini.replace('=', '=3\r\nes-ES =')}`, 'utf16le');
  const more = await inspect();
  assert.deepEqual([more.languages, more.multiLanguage], [['fr-FR', 'es-ES'], true]);
});

test('the XML is read without its byte order mark too; what is wrong with it is told with its place', async (t) => {
  const original = await readFile(await makeWim(await temporaryFolder(t)));
  const [length, offset] = [original.readUIntLE(0x48, 6), Number(original.readBigUInt64LE(0x50))];
  const expected = (await readWim(bufferSource(original))).images;
  /** The WIM with its XML, or its header, changed. */
  const changed = (xml: (text: string) => string, header: (wim: Buffer) => void = () => {}) => {
    const text = original.subarray(offset, offset + length).toString('utf16le');
    const bytes = Buffer.from(xml(text), 'utf16le');
    const wim = Buffer.concat([original.subarray(0, offset), bytes]);
    wim.writeUIntLE(bytes.length, 0x48, 6);
    wim.writeUIntLE(bytes.length, 0x58, 6);
    header(wim);
    return readWim(bufferSource(wim));
  };
  assert.deepEqual((await changed((text) => text.replace('\uFEFF', ''))).images, expected);
  const all = /^WIM XML at offset/;
  await assert.rejects(
    changed((text) => text.slice(0, -20)),
    failure('iso.corrupt', all),
  );
  await assert.rejects(
    changed((text) => text.replace('INDEX="2"', 'INDEX="1"')),
    failure('iso.corrupt', /same INDEX/),
  );
  await assert.rejects(
    changed((text) => text.replace(/>20348</, '>2e4<')),
    failure('iso.corrupt', /whole number in .*BUILD/),
  );
  await assert.rejects(
    changed((text) => text.replace('<WIM>', '<!DOCTYPE WIM []><WIM>')),
    failure('iso.corrupt', /document type/),
  );
  const deep = '<a>'.repeat(50) + '</a>'.repeat(50);
  await assert.rejects(
    changed((text) => text.replace('</WIM>', `${deep}</WIM>`)),
    failure('iso.corrupt', /32 levels/),
  );
  const header = (fill: (wim: Buffer) => void) => changed((text) => text, fill);
  await assert.rejects(
    header((wim) => wim.writeUInt32LE(4, 44)),
    failure('iso.corrupt', /has 4 images.* describes 3/),
  );
  await assert.rejects(
    header((wim) => wim.writeUInt32LE(4, 120)),
    failure('iso.corrupt', /bootable image is 4 of 3/),
  );
  await assert.rejects(
    header((wim) => wim.writeUInt16LE(2, 40)),
    failure('iso.corrupt', /part 2 of 1/),
  );
  await assert.rejects(
    header((wim) => wim.writeUInt8(1, 0x50 + 7)),
    failure('iso.corrupt'),
  );
  await assert.rejects(
    header((wim) => wim.writeUInt8(6, 0x4f)),
    failure('iso.unsupported'),
  );
  await assert.rejects(
    header((wim) => wim.writeUInt8(1, 0x4c)),
    failure('iso.corrupt', /^XML resource header at offset 72/),
  );
});
