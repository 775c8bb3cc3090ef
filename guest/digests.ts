import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import type { Guest } from './guest.ts';
import { windowsPath } from './windows-names.ts';

/** The result of file-digest.ps1 (docs/guest-contract.md): only files that are there. */
const fileDigestSchema = z.object({
  files: z.array(
    z.object({
      path: z.string(),
      size: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export interface FileDigest {
  readonly size: number;
  /** Hexadecimal, lower case. */
  readonly sha256: string;
}

/** What the other side computes of its files, by their SFTP paths; those that are not there are missing. */
export type RemoteDigests = (paths: readonly string[]) => Promise<ReadonlyMap<string, FileDigest>>;

/** PowerShell starts in seconds; 100 MB a second is a slow disk. Together enough for 100 GB. */
const DIGEST_MS = 30 * 60_000;
const PATHS_A_CALL = 500;

/** Digests that a script computes in the guest, asked for with `run`. */
export function remoteDigests(run: Guest['run'], signal: AbortSignal): RemoteDigests {
  return async (paths) => {
    const found = new Map<string, FileDigest>();
    const byName = new Map(paths.map((path) => [windowsPath(path), path]));
    const names = [...byName.keys()];
    for (let at = 0; at < names.length; at += PATHS_A_CALL) {
      const options = { output: fileDigestSchema, timeoutMs: DIGEST_MS, signal };
      const { files } = await run('file-digest.ps1', { paths: names.slice(at, at + PATHS_A_CALL) }, options);
      for (const { path, size, sha256 } of files) found.set(byName.get(path) ?? path, { size, sha256 });
    }
    return found;
  };
}

const PIECE = 1024 * 1024;

/** SHA-256 (hex) of a local file. */
export async function localDigest(file: FileHandle, size: number, signal: AbortSignal): Promise<string> {
  return (await hashPrefix(file, size, signal)).digest('hex');
}

/** A hash that has taken the first bytes of a local file, and can take more. */
export async function hashPrefix(file: FileHandle, length: number, signal: AbortSignal): Promise<Hash> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(PIECE, Math.max(1, length)));
  for (let at = 0; at < length; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, length - at), at);
    if (bytesRead === 0) throw new Error('the file has become shorter while it was read');
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash;
}
