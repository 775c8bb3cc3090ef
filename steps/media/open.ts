import { basename, posix } from 'node:path';
import type { Image } from '../../image/index.ts';
import type { Digests } from '../support/digests.ts';
import type { Names } from '../support/names.ts';
import { fileStream } from '../support/streams.ts';
import type { Vcenter } from '../vcenter/index.ts';
import type { Iso } from './iso.ts';
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
  vcenter(): Promise<Vcenter>;
  warn(message: string): void;
}

/**
 * Opens the Windows ISO where the image file says it lies.
 *
 * @throws IngotError `iso.open`, `iso.no-ranges` and other codes of the source
 */
export function openIso(context: OpenContext): Promise<Iso> {
  const { iso } = context.image.media;
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
    known: () => digests.known(path, version),
    learn: (sha256) => digests.learn(path, version, sha256),
    stream: (signal) => fileStream(path, signal),
    close: () => source.close(),
  };
}

/** A URL has its digest beside it in the image file, so what was brought once is never read again. */
async function openUrl(url: string, context: OpenContext): Promise<Iso> {
  const { image, downloads, digests, signal, warn } = context;
  const { sha256 } = image.media;
  const { openHttpSource } = await import('../../iso/http-source.ts');
  try {
    const source = await openHttpSource(url, { signal });
    return {
      name: source.name,
      fileName: fileNameOf(url),
      source,
      known: async () => sha256,
      learn: async () => undefined,
      async *stream(wait) {
        const { openHttpStream } = await import('../../iso/http-stream.ts');
        await using stream = await openHttpStream(url, { signal: wait });
        yield* stream;
      },
      close: () => source.close(),
    };
  } catch (error) {
    if (!mayDownload(error, context) || sha256 === undefined) throw error;
    warn(`the server sends whole files only: downloading the ISO to ${downloads}`);
    const { downloadTo } = await import('../../iso/download.ts');
    const { path } = await downloadTo(url, downloads, { sha256, signal });
    return { ...(await openLocal(path, { digests })), fileName: fileNameOf(url) };
  }
}

function fileNameOf(url: string): string {
  return decodeURIComponent(posix.basename(new URL(url).pathname)) || 'windows.iso';
}
