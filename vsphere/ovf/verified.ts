import { createHash } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import { digestError, type ManifestEntry } from './manifest.ts';
import { type OvfPackage, packageError, piecesOf, type RangedBytes } from './package.ts';

/**
 * The bytes of a file of a package. The last piece is held back until the digest is found to be the manifest's, so that a
 * damaged file is never sent whole: `ovf.digest`.
 */
export async function* verified(source: RangedBytes, entry: ManifestEntry | undefined): AsyncGenerator<Uint8Array> {
  const hash = entry && createHash(entry.algorithm);
  let held: Uint8Array | undefined;
  let bytes = 0;
  for await (const piece of piecesOf(source)) {
    hash?.update(piece);
    bytes += piece.length;
    if (held !== undefined) yield held;
    held = piece;
  }
  if (bytes !== source.size) throw packageError(source.name, `${source.size} bytes`, `${bytes}`);
  const found = hash?.digest('hex');
  if (entry !== undefined && found !== undefined && found !== entry.digest)
    throw digestError(source.name, 'the manifest', entry.digest, found);
  if (held !== undefined) yield held;
}

/**
 * Holds the descriptor against the manifest, and that it has a line for each file. Throws `ovf.digest`; `ovf.manifest`
 * where it is missing and `required`.
 */
export function checkManifest(
  { name, manifest, facts, descriptor, descriptorFile }: OvfPackage,
  required: boolean,
): void {
  const missing = (what: string) =>
    new IngotError('ovf.manifest', `${name}: expected a manifest with the digest of ${what}, found none`, {
      remedy: 'Make the package anew with a manifest (govc export.ovf -sha 256), or allow one without.',
    });
  if (manifest === undefined) {
    if (required) throw missing('each file');
    return;
  }
  const entry = manifest.get(descriptorFile);
  if (entry === undefined) throw missing(descriptorFile);
  const found = createHash(entry.algorithm).update(descriptor).digest('hex');
  if (found !== entry.digest) throw digestError(descriptorFile, 'the manifest', entry.digest, found);
  for (const { href } of facts.files) if (!manifest.has(href)) throw missing(href);
}
