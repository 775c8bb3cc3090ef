import { posix } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import { type OvfFacts, readDescriptor } from './descriptor.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { readTar } from './tar.ts';

/** Bytes that can be read at any place: a local file, a URL. */
export interface RangedBytes {
  /** A path or URL, for messages. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly these bytes. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** The same in pieces, where that is faster than many reads. A piece is not written over by the next. */
  stream?(offset: number, length: number): AsyncIterable<Uint8Array>;
}

/** A package that can be read; nothing of it is unpacked. */
export interface OvfPackage {
  /** Of the .ovf or the .ova. */
  readonly name: string;
  /** The descriptor's own file name, under which the manifest has it. */
  readonly descriptorFile: string;
  /** The descriptor's bytes, which the manifest's digest is of. */
  readonly descriptor: Uint8Array;
  readonly facts: OvfFacts;
  /** Undefined: the package has none. */
  readonly manifest: Manifest | undefined;
  /** A file by the name that the descriptor refers to it by; undefined: it is not there. */
  file(href: string): Promise<RangedBytes | undefined>;
}

/** What a descriptor, and a manifest, may take up: they are read whole. */
const TEXT_LIMIT = 16 << 20;

/** Opens an OVA by its headers. Throws `ovf.tar`, `ovf.package`, `ovf.descriptor`, `ovf.manifest`. */
export async function openOva(source: RangedBytes): Promise<OvfPackage> {
  const entries = await readTar(source);
  const byName = new Map(entries.map((entry) => [entry.name.replace(/^\.\//, ''), entry]));
  const [descriptorFile] = [...byName.keys()].filter((name) => /\.ovf$/i.test(name));
  const file = async (href: string): Promise<RangedBytes | undefined> => {
    const entry = byName.get(href.replace(/^\.\//, ''));
    return entry === undefined ? undefined : part(source, `${source.name}: ${href}`, entry.offset, entry.size);
  };
  const descriptor = descriptorFile === undefined ? undefined : await file(descriptorFile);
  if (descriptorFile === undefined || descriptor === undefined)
    throw packageError(source.name, 'an .ovf file in the OVA', `only ${[...byName.keys()].join(', ')}`);
  return open(source.name, descriptorFile, descriptor, file);
}

/**
 * Opens a package by its descriptor and what is beside it. `beside` opens a file by the name that the descriptor gives it,
 * relative to the descriptor; one that is not there is undefined. Names that lead elsewhere are refused.
 */
export async function openOvf(
  descriptor: RangedBytes,
  beside: (href: string) => Promise<RangedBytes | undefined>,
): Promise<OvfPackage> {
  const name = posix.basename(descriptor.name.replaceAll('\\', '/').split(/[?#]/)[0] ?? '');
  return open(descriptor.name, name, descriptor, beside);
}

async function open(
  name: string,
  descriptorFile: string,
  source: RangedBytes,
  file: (href: string) => Promise<RangedBytes | undefined>,
): Promise<OvfPackage> {
  const descriptor = await whole(source);
  const facts = readDescriptor(Buffer.from(descriptor).toString('utf8'), source.name);
  for (const { href, compression, chunkSize } of facts.files) {
    if (href === '' || /^[/\\]|^[a-z][a-z0-9+.-]*:|(^|[/\\])\.\.([/\\]|$)/i.test(href))
      throw packageError(name, 'files beside the descriptor', `a reference to “${href}”`);
    if ((compression !== undefined && compression !== 'identity') || chunkSize !== undefined)
      throw packageError(
        name,
        'files that are whole and not compressed',
        `${href}, which is ${compression ?? 'in chunks'}`,
      );
  }
  const manifestFile = descriptorFile.replace(/\.ovf$/i, '.mf');
  const text = await file(manifestFile);
  const manifest = text && readManifest(Buffer.from(await whole(text)).toString('utf8'), text.name);
  return { name, descriptorFile, descriptor, facts, manifest, file };
}

async function whole(source: RangedBytes): Promise<Uint8Array> {
  if (source.size > TEXT_LIMIT)
    throw packageError(source.name, `a text of at most ${TEXT_LIMIT} bytes`, `one of ${source.size}`);
  return source.read(0, source.size);
}

function part(source: RangedBytes, name: string, start: number, size: number): RangedBytes {
  const { stream } = source;
  return {
    name,
    size,
    read: (offset, length) => source.read(start + offset, length),
    ...(stream && { stream: (offset: number, length: number) => stream.call(source, start + offset, length) }),
  };
}

const PIECE = 2 << 20;

/** A file from its start to its end. While a piece is used the next is read. */
export async function* piecesOf(source: RangedBytes): AsyncGenerator<Uint8Array> {
  if (source.stream !== undefined) return yield* source.stream(0, source.size);
  const read = (at: number) => source.read(at, Math.min(PIECE, source.size - at));
  let next = source.size > 0 ? read(0) : undefined;
  try {
    for (let at = 0; next !== undefined; ) {
      const piece = await next;
      at += piece.length;
      next = at < source.size ? read(at) : undefined;
      yield piece;
    }
  } finally {
    // One that nobody waits for any more.
    next?.catch(() => undefined);
  }
}

export function packageError(name: string, expected: string, found: string): IngotError {
  return new IngotError('ovf.package', `${name}: expected ${expected}, found ${found}`, {
    remedy: 'Make the package anew, with all files and without compression, or import it with another tool (ovftool).',
  });
}
