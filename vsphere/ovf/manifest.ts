import { createHash } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import type { HttpNfcLeaseManifestEntry } from '../vim25.gen.ts';

export type DigestAlgorithm = 'sha1' | 'sha256' | 'sha512';

export interface ManifestEntry {
  readonly algorithm: DigestAlgorithm;
  /** Hexadecimal, lower case. */
  readonly digest: string;
}

/** A manifest by file name. */
export type Manifest = ReadonlyMap<string, ManifestEntry>;

/** The text of a manifest: one line `SHA256(file)= digest` each (DMTF DSP0243, section 5.1). */
export function writeManifest(files: readonly { readonly name: string; readonly sha256: string }[]): string {
  return files.map(({ name, sha256 }) => `SHA256(${name})= ${sha256}\n`).join('');
}

/** Reads a manifest; the spelling of the algorithm and the spaces vary between writers. Throws `ovf.manifest`. */
export function readManifest(text: string, name: string): Manifest {
  const found = new Map<string, ManifestEntry>();
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const [, kind = '', file, digest = ''] =
      /^\s*(SHA-?(?:1|256|512))\s*\((.+)\)\s*=\s*([0-9a-f]+)\s*$/i.exec(line) ?? [];
    const algorithm = ALGORITHMS[kind.toLowerCase().replace('-', '')];
    if (file === undefined || algorithm === undefined || digest.length !== createHash(algorithm).digest('hex').length) {
      throw new IngotError(
        'ovf.manifest',
        `${name}: expected lines like SHA256(file)= digest, found “${line.trim()}”`,
        {
          remedy: 'Make the package anew, or correct the manifest.',
        },
      );
    }
    found.set(file, { algorithm, digest: digest.toLowerCase() });
  }
  return found;
}

const ALGORITHMS: Readonly<Record<string, DigestAlgorithm>> = { sha1: 'sha1', sha256: 'sha256', sha512: 'sha512' };

/**
 * The digests of one transfer by the lease's key, against those that vCenter has computed; it need not have any. Without
 * `bytes` its size is not compared: the API documents it for files that were downloaded only.
 */
export function compareWithLease(
  entries: readonly HttpNfcLeaseManifestEntry[],
  files: ReadonlyMap<
    string,
    { readonly name: string; readonly bytes?: number; readonly sha1: string; readonly sha256: string }
  >,
): void {
  for (const { key, sha1, checksum, checksumType, size } of entries) {
    const file = files.get(key);
    if (file === undefined) continue;
    const { bytes = size } = file;
    if (size > 0 && size !== bytes) throw digestError(file.name, 'vCenter', `${size} bytes`, `${bytes} bytes`);
    const isSha256 = checksum !== undefined && /^sha-?256$/i.test(checksumType ?? '');
    const [told, own] = isSha256 ? [checksum, file.sha256] : [sha1, file.sha1];
    if (told !== '' && told.toLowerCase() !== own) throw digestError(file.name, 'vCenter', told, own);
  }
}

/** `ovf.digest`: the bytes are not what the manifest, or vCenter, says. */
export function digestError(file: string, by: string, expected: string, found: string): IngotError {
  return new IngotError('ovf.digest', `${file}: expected ${expected} by ${by}, found ${found}`, {
    remedy: 'The file was changed or damaged on its way: copy or make the package anew.',
  });
}
