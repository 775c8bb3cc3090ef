import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { IngotError } from '../../common/failure.ts';
import type { MediaLocation } from '../../image/index.ts';
import { filePieces } from '../vcenter/file-pieces.ts';
import { type Iso, patchesJson } from './iso.ts';
import type { OpenContext } from './open.ts';
import { mediaRecords } from './records.ts';

/** What is read to see whether a server can send a part of a file. */
const probeBytes = 64 * 1024;

/** A file that vCenter has: its digest is kept beside the media, by its place, size and time. */
export async function openInVcenter(
  location: Extract<MediaLocation, { kind: 'datastore' | 'library' }>,
  context: OpenContext,
): Promise<Iso> {
  const { vcenter, names, keep, signal } = context;
  const center = await vcenter();
  const path = await center.media.pathOf(location, signal);
  const { source, modified } = await center.media.open(path, signal);
  const records = mediaRecords(center.files, names.mediaFolder);
  const identity = { path, size: source.size, modified };
  const iso: Iso = {
    name: path,
    fileName: posix.basename(path),
    source,
    datastorePath: path,
    remote: true,
    known: (patches) => records.digestOf({ ...identity, patches: patchesJson(patches) }, signal),
    learn: async (patches, sha256) => {
      if (keep) await records.keepDigest({ ...identity, patches: patchesJson(patches) }, sha256, signal);
    },
    async *stream(wait) {
      yield* await center.files.read(path, wait);
    },
    close: () => source.close(),
  };
  try {
    await source.read(0, Math.min(source.size, probeBytes));
    return iso;
  } catch (error) {
    await source.close();
    if (!mayDownload(error, context)) throw error;
    const copy = await downloadOnce(iso, `${modified}`, context);
    const { openFileSource } = await import('../../iso/source.ts');
    const local = await openFileSource(copy);
    return { ...iso, source: local, stream: (wait) => filePieces(copy, wait), close: () => local.close() };
  }
}

/** Whether the server sends whole files only, and the image file allows to download one. */
export function mayDownload(error: unknown, { image }: OpenContext): boolean {
  const whole = error instanceof IngotError && (error.code === 'iso.no-ranges' || error.code === 'datastore.no-ranges');
  return whole && image.media.withoutRanges === 'download';
}

/** A copy on this machine, named by what it is a copy of; one that is there and whole is taken. */
async function downloadOnce(iso: Iso, version: string, { downloads, signal, warn }: OpenContext): Promise<string> {
  const { size } = iso.source;
  const of = createHash('sha256').update(`${iso.name} ${size} ${version}`).digest('hex').slice(0, 12);
  const path = join(downloads, `${of}-${iso.fileName}`);
  const there = await stat(path).catch(() => undefined);
  if (there?.size === size) return path;
  warn(`vCenter sends whole files only: downloading ${iso.name} to ${path}`);
  await mkdir(downloads, { recursive: true });
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await pipeline(iso.stream(signal), createWriteStream(partial), { signal });
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}
