import { readFile } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import { canonicalJson } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import type { Names } from '../../image/names.ts';
import type { Patch } from '../../iso/patch.ts';
import type { Digests } from '../support/digests.ts';
import { filePieces } from '../vcenter/file-pieces.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { type Iso, patchesJson } from './iso.ts';
import { mediaRecords } from './records.ts';
import { mayDownload, openInVcenter } from './vcenter-iso.ts';

export interface OpenContext {
  readonly image: Image;
  readonly names: Names;
  readonly digests: Digests;
  /** Folder on this machine for an ISO that has to be downloaded as a whole. */
  readonly downloads: string;
  readonly signal: AbortSignal;
  /** Whether what is found out may be written to the datastore: a plan changes nothing. */
  readonly keep: boolean;
  /** Nothing may be asked of vCenter: what only it knows is not known. */
  readonly offline: boolean;
  vcenter(): Promise<Vcenter>;
  warn(message: string): void;
}

/**
 * Opens the Windows ISO where the image file says it lies.
 *
 * @throws IngotError `iso.open`, `iso.no-ranges` and other codes of the source
 */
export async function openIso(context: OpenContext): Promise<Iso> {
  const { iso } = context.image.media;
  if (iso === undefined)
    throw new IngotError('iso.open', 'expected media.iso, found an image whose Windows comes from a source');
  if (iso.kind === 'file') return openLocal(iso.path, context);
  if (iso.kind === 'url') return openUrl(iso.url, context);
  return openInVcenter(iso, context);
}

async function openLocal(path: string, { digests }: Pick<OpenContext, 'digests'>): Promise<Iso> {
  const { openFileSource } = await import('../../iso/source.ts');
  const source = await openFileSource(path);
  const version = await digests.versionOf(path);
  return {
    name: path,
    fileName: basename(path),
    source,
    remote: false,
    known: (patches) => digests.known(subjectOf(path, patches), version),
    learn: (patches, sha256) => digests.learn(subjectOf(path, patches), version, sha256),
    stream: (signal) => wholeFile(path, { size: source.size, version, digests, signal }),
    close: () => source.close(),
  };
}

interface Whole {
  /** Bytes. */
  readonly size: number;
  readonly version: string;
  readonly digests: Digests;
  readonly signal: AbortSignal;
}

/**
 * All bytes of the file that was inspected. One that was written to or replaced since is never brought: its facts, and
 * the place of the patch, are those of the other one.
 *
 * @throws IngotError `media.changed`
 */
async function* wholeFile(path: string, { size, version, digests, signal }: Whole): AsyncGenerator<Uint8Array> {
  const check = async () => {
    if ((await digests.versionOf(path)) === version) return;
    throw new IngotError('media.changed', `expected ${path} to stay as it was inspected, found it written to since`, {
      remedy: 'wait until the file is whole, then build again',
    });
  };
  let done = 0;
  for await (const piece of filePieces(path, signal)) {
    done += piece.length;
    // Before the last bytes leave: who takes them has the whole file, and need not ask for more.
    if (done >= size) await check();
    yield piece;
  }
  if (done < size) await check();
}

/** A URL has its digest beside it in the image file, so what was brought once is never read again. */
async function openUrl(url: string, context: OpenContext): Promise<Iso> {
  const { image, names, downloads, digests, keep, offline, vcenter, signal, warn } = context;
  const { sha256, caFile } = image.media;
  const { openHttpSource } = await import('../../iso/http-source.ts');
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const records = async () => mediaRecords((await vcenter()).files, names.mediaFolder);
  const subject = (patches: readonly Patch[]) => ({ sha256: sha256 ?? '', patches: patchesJson(patches) });
  try {
    const source = await openHttpSource(url, { signal, ca });
    return {
      name: source.name,
      fileName: fileNameOf(url),
      source,
      remote: true,
      // What is brought from there has that digest, or never gets its name.
      known: async (patches) => {
        if (patches.length === 0) return sha256;
        return offline ? undefined : (await records()).digestOf(subject(patches), signal);
      },
      learn: async (patches, found) => {
        if (patches.length > 0 && keep) await (await records()).keepDigest(subject(patches), found, signal);
      },
      async *stream(wait) {
        const { openHttpStream } = await import('../../iso/http-stream.ts');
        await using stream = await openHttpStream(url, { signal: wait, ca });
        yield* stream;
      },
      close: () => source.close(),
    };
  } catch (error) {
    if (!mayDownload(error, context) || sha256 === undefined) throw error;
    warn(`the server sends whole files only: downloading the ISO to ${downloads}`);
    const { downloadTo } = await import('../../iso/download.ts');
    const { path } = await downloadTo(url, downloads, { sha256, signal, ca });
    return { ...(await openLocal(path, { digests })), fileName: fileNameOf(url) };
  }
}

/** What the digest is remembered for: the file itself, or what the patches make of it. */
function subjectOf(path: string, patches: readonly Patch[]): string {
  return patches.length === 0 ? path : `${path} patched ${canonicalJson(patchesJson(patches))}`;
}

function fileNameOf(url: string): string {
  return posix.basename(new URL(url).pathname) || 'windows.iso';
}
