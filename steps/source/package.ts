import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import type { Image, Source } from '../../image/index.ts';
import type { OpenSource } from '../../iso/source.ts';
import { type OvfPackage, openOva, openOvf, piecesOf } from '../../vsphere/ovf/package.ts';
import type { Digests } from '../support/digests.ts';

type OvfSource = Extract<Source, { kind: 'ovf' }>;

/** An OVF package that is open until it is disposed of. */
export interface OpenPackage extends AsyncDisposable {
  readonly content: OvfPackage;
}

const isOva = (name: string): boolean => /\.ova([?#]|$)/i.test(name);

/** Opens the package of a source, here or behind a URL. @throws IngotError `iso.open`, `ovf.*` */
export async function openPackage({ ovf }: OvfSource, signal: AbortSignal): Promise<OpenPackage> {
  const opened: OpenSource[] = [];
  const keep = async (opening: Promise<OpenSource>): Promise<OpenSource> => {
    const source = await opening;
    opened.push(source);
    return source;
  };
  const dispose = async () => {
    await Promise.all(opened.map((source) => source.close()));
  };
  try {
    const [place, open] = ovf.kind === 'url' ? [ovf.url, await remote(signal)] : [ovf.path, await local()];
    const first = await keep(open.at(place));
    const content = isOva(place)
      ? await openOva(first)
      : await openOvf(first, async (href) => {
          const beside = open.beside(place, href);
          return beside === undefined ? undefined : keep(open.at(beside));
        });
    return { content, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function local() {
  const { openFileSource } = await import('../../iso/source.ts');
  return {
    at: openFileSource,
    beside: (path: string, href: string) => {
      const file = join(dirname(path), href);
      return existsSync(file) ? file : undefined;
    },
  };
}

/** Files beside a descriptor have its URL, with their own name at the end. */
async function remote(signal: AbortSignal) {
  const { openHttpSource } = await import('../../iso/http-source.ts');
  return {
    at: (url: string): Promise<OpenSource> => openHttpSource(url, { signal, ca: undefined }),
    beside: (url: string, href: string): string | undefined => {
      const base = new URL(url);
      base.pathname = posix.join(posix.dirname(base.pathname), href.split('/').map(encodeURIComponent).join('/'));
      return base.href;
    },
  };
}

/**
 * What tells one package from another: the SHA-256 of an .ova, or of an .ovf and of its manifest, which has the digests of
 * the disks. Of a URL it is the one of the image file, which `checkDigest` holds it against.
 *
 * @throws IngotError `ovf.digest`
 */
export async function packageIdentity(source: OvfSource, digests: Digests): Promise<Readonly<Record<string, string>>> {
  const { ovf, sha256: wanted = '' } = source;
  if (ovf.kind === 'url') return { sha256: wanted };
  const { sha256 } = await digests.of(ovf.path);
  if (wanted !== '' && wanted !== sha256) throw otherDigest(source, wanted, sha256);
  if (isOva(ovf.path)) return { sha256 };
  const manifest = await readFile(ovf.path.replace(/\.ovf$/i, '.mf')).catch(() => undefined);
  return { sha256, manifest: manifest === undefined ? '' : createHash('sha256').update(manifest).digest('hex') };
}

/** Reads what a URL gives, all of it for an .ova, before anything is made of it. @throws IngotError `ovf.digest` */
export async function checkDigest(source: OvfSource, { content }: OpenPackage, signal: AbortSignal): Promise<void> {
  const { ovf, sha256: wanted = '' } = source;
  if (ovf.kind !== 'url') return;
  const hash = createHash('sha256');
  if (isOva(ovf.url)) {
    await using whole = await (await remote(signal)).at(ovf.url);
    for await (const piece of piecesOf(whole)) hash.update(piece);
  } else hash.update(content.descriptor);
  const found = hash.digest('hex');
  if (found !== wanted) throw otherDigest(source, wanted, found);
}

function otherDigest({ name }: Pick<Image, 'name'>, wanted: string, found: string): IngotError {
  return new IngotError('ovf.digest', `expected ${name} to have the SHA-256 ${wanted}, found ${found}`, {
    remedy: 'download it again, or correct source.sha256',
  });
}
