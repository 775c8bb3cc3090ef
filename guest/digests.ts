import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';

/** The result of file-digest.ps1 (docs/guest-contract.md): only files that are there. */
export const fileDigestSchema = z.object({
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
