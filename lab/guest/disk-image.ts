import { deserialize, serialize } from 'node:v8';
import { FileSystem, type NtfsEntry } from './file-system.ts';
import { Disk, type Windows } from './windows.ts';

const MAGIC = Buffer.from('INGOTLAB');

interface PackedDisk {
  readonly setupRunning: boolean;
  readonly windows: (Omit<Windows, 'files'> & { readonly files: readonly NtfsEntry[] }) | undefined;
}

/** A disk as the bytes at its beginning: what travels with it when it is exported. */
export function packDisk({ setupRunning, windows }: Disk): Buffer {
  const packed: PackedDisk = { setupRunning, windows: windows && { ...windows, files: windows.files.all() } };
  const body = serialize(packed);
  const head = Buffer.alloc(MAGIC.length + 4);
  MAGIC.copy(head);
  head.writeUInt32LE(body.length, MAGIC.length);
  return Buffer.concat([head, body]);
}

/** The disk that some bytes hold; undefined if no lab has written them. */
export function unpackDisk(bytes: Buffer): Disk | undefined {
  const start = MAGIC.length + 4;
  if (bytes.length < start || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const { setupRunning, windows }: PackedDisk = deserialize(
    bytes.subarray(start, start + bytes.readUInt32LE(MAGIC.length)),
  );
  const disk = new Disk();
  disk.setupRunning = setupRunning;
  disk.windows = windows && { ...windows, files: FileSystem.of(windows.files) };
  return disk;
}
