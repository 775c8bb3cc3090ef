import { createHash } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import { openFileSource } from '../../iso/source.ts';
import { openOva, piecesOf, type RangedBytes } from '../../vsphere/ovf/package.ts';
import { openLocalPackage } from './local-package.ts';
import type { OvfRecord } from './ovf-records.ts';

/** Whether every file of a package on this machine has the digest that was recorded. Reads all of it. */
export async function holdsDigests(path: string, record: OvfRecord, signal: AbortSignal): Promise<boolean> {
  try {
    await using opened = await open(path, record.format);
    for (const { name, sha256 } of record.files) {
      const file = await opened.content.file(name);
      if (file === undefined || (await digestOf(file, signal)) !== sha256) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof IngotError && !signal.aborted) return false;
    throw error;
  }
}

async function open(path: string, format: 'ova' | 'ovf') {
  if (format === 'ovf') return openLocalPackage(path);
  const source = await openFileSource(path);
  try {
    return { content: await openOva(source), [Symbol.asyncDispose]: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function digestOf(file: RangedBytes, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(file)) {
    signal.throwIfAborted();
    hash.update(piece);
  }
  return hash.digest('hex');
}
