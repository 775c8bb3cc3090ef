// Reads files that are as large and as many as the readers let them be; says how long each took. Run by
// worst-cases.test.ts in a process with a small heap.

import { mediaFacts } from '../../../iso/inspect.ts';
import { openMedia } from '../../../iso/media.ts';
import { bufferSource } from '../../../iso/source.ts';
import { readWim } from '../../../iso/wim.ts';

const SECTOR = 2048;
const MIB = 1024 * 1024;

/** A root of a MiB full of records, the smallest there are; `boot` and `sources` among them lead to as large ones. */
function hugeDirectories(): Buffer {
  const image = Buffer.alloc(19 * SECTOR + 3 * MIB);
  image.write('\x01CD001\x01', 16 * SECTOR, 'latin1');
  image.write('\xffCD001\x01', 17 * SECTOR, 'latin1');
  image.writeUInt16LE(SECTOR, 16 * SECTOR + 128);
  record('\0', 0).copy(image, 16 * SECTOR + 156);
  for (let folder = 0; folder < 3; folder += 1) {
    const begin = 19 * SECTOR + folder * MIB;
    for (let sector = 0; sector < MIB; sector += SECTOR) {
      for (let at = 0; at + 34 <= SECTOR; at += 34) record('A', folder).copy(image, begin + sector + at);
    }
    if (folder === 0)
      for (const [index, name] of ['SOURCES', 'BOOT'].entries())
        record(name, index + 1).copy(image, begin + index * SECTOR);
  }
  return image;
}

function record(name: string, folder: number): Buffer {
  const bytes = Buffer.alloc((33 + name.length + 1) & ~1);
  bytes.writeUInt8(bytes.length, 0);
  bytes.writeUInt32LE(19 + (folder * MIB) / SECTOR, 2);
  bytes.writeUInt32LE(MIB, 10);
  bytes.writeUInt8(2, 25);
  bytes.writeUInt8(name.length, 32);
  bytes.write(name, 33, 'latin1');
  return bytes;
}

/** A WIM with the longest XML that is read. */
function wim(body: string): Buffer {
  const text = `<WIM><IMAGE INDEX="1">${body.repeat(Math.floor((256 * 1024 - 60) / body.length))}</IMAGE></WIM>`;
  const xml = Buffer.from(text, 'utf16le');
  const header = Buffer.alloc(208);
  header.write('MSWIM', 0);
  header.writeUInt32LE(208, 8);
  header.writeUInt16LE(1, 40);
  header.writeUInt16LE(1, 42);
  header.writeUInt32LE(1, 44);
  header.writeUIntLE(xml.length, 0x48, 6);
  header.writeUInt32LE(208, 0x50);
  header.writeUIntLE(xml.length, 0x58, 6);
  return Buffer.concat([header, xml]);
}

const cases: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['huge directories', async () => mediaFacts(await openMedia(bufferSource(hugeDirectories())))],
  ['XML of small elements', () => readWim(bufferSource(wim('<a/>')))],
  ['XML of one element again and again', () => readWim(bufferSource(wim('<NAME>x</NAME>')))],
  [
    'XML of long names',
    () => readWim(bufferSource(wim(`<${'n'.repeat(100_000)}>${'<b/>'.repeat(5000)}</${'n'.repeat(100_000)}>`))),
  ],
];
const before = process.resourceUsage().maxRSS;
const milliseconds: Record<string, number> = {};
for (const [name, run] of cases) {
  const begin = performance.now();
  await run();
  milliseconds[name] = performance.now() - begin;
}
console.log(JSON.stringify({ milliseconds, megabytes: (process.resourceUsage().maxRSS - before) / 1024 }));
