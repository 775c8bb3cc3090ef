import { SECTOR } from '../sector.ts';
import { type Place, recordWriter, volumeDate, writeBoth16, writeBoth32 } from './records.ts';

/** What a primary (ECMA-119 8.4) or supplementary volume descriptor (8.5) says. */
export interface VolumeFields {
  readonly joliet: boolean;
  readonly volumeLabel: string;
  readonly date: Date;
  /** Sectors of the whole disc. */
  readonly volumeSectors: number;
  readonly pathTableSize: number;
  readonly littleTable: number;
  readonly bigTable: number;
  readonly root: Place;
}

const APPLICATION = 'INGOT';
/** UCS-2 level 3 (Joliet specification). */
const JOLIET_ESCAPE = '%/E';

export function volumeDescriptor(fields: VolumeFields): Buffer {
  const descriptor = Buffer.alloc(SECTOR);
  const text = (value: string, at: number, length: number) => writeText(descriptor, value, at, length, fields.joliet);
  descriptor.writeUInt8(fields.joliet ? 2 : 1, 0);
  descriptor.write('CD001\x01', 1, 'latin1');
  text('', 8, 32);
  text(fields.volumeLabel, 40, 32);
  writeBoth32(descriptor, fields.volumeSectors, 80);
  if (fields.joliet) descriptor.write(JOLIET_ESCAPE, 88, 'latin1');
  writeBoth16(descriptor, 1, 120);
  writeBoth16(descriptor, 1, 124);
  writeBoth16(descriptor, SECTOR, 128);
  writeBoth32(descriptor, fields.pathTableSize, 132);
  descriptor.writeUInt32LE(fields.littleTable, 140);
  descriptor.writeUInt32BE(fields.bigTable, 148);
  recordWriter(fields.date)(descriptor, 156, Buffer.from([0]), fields.root, true);
  text('', 190, 128);
  text('', 318, 128);
  text('', 446, 128);
  text(APPLICATION, 574, 128);
  for (const at of [702, 739, 776]) text('', at, 37);
  volumeDate(fields.date).copy(descriptor, 813);
  volumeDate(fields.date).copy(descriptor, 830);
  volumeDate(undefined).copy(descriptor, 847);
  volumeDate(undefined).copy(descriptor, 864);
  descriptor.writeUInt8(1, 881);
  return descriptor;
}

/** Ends the set of volume descriptors (ECMA-119 8.3). */
export function terminator(): Buffer {
  const descriptor = Buffer.alloc(SECTOR);
  descriptor.write('\xffCD001\x01', 0, 'latin1');
  return descriptor;
}

/** A text field, padded with spaces in the field's own width; a Joliet field of odd length ends with a zero byte. */
function writeText(descriptor: Buffer, value: string, at: number, length: number, joliet: boolean): void {
  if (joliet)
    Buffer.from(value.padEnd(length >> 1, ' '), 'utf16le')
      .swap16()
      .copy(descriptor, at);
  else descriptor.write(value.padEnd(length, ' '), at, 'latin1');
}
