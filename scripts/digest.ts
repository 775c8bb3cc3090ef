import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { IngotError } from '../common/failure.ts';

export interface ScriptFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** SHA-256 of the bytes, hexadecimal: what enters a fingerprint. */
  readonly sha256: string;
}

const read = new Map<string, Promise<ScriptFile>>();

/**
 * One of ingot's own PowerShell scripts by its file name (`state.ps1`). The scripts lie beside this module, in the
 * sources as well as in `dist/scripts`, where the build copies them.
 */
export function scriptFile(name: string): Promise<ScriptFile> {
  let file = read.get(name);
  if (file === undefined) {
    file = load(name);
    read.set(name, file);
  }
  return file;
}

async function load(name: string): Promise<ScriptFile> {
  if (!/^[a-z][a-z0-9-]*\.ps1$/.test(name))
    throw new IngotError(
      'guest.no-script',
      `Expected the name of a script such as "state.ps1", found ${JSON.stringify(name)}.`,
    );
  let bytes: Buffer;
  try {
    bytes = await readFile(new URL(name, import.meta.url));
  } catch (cause) {
    throw new IngotError('guest.no-script', `Expected the script ${name} in ingot's folder scripts, found none.`, {
      cause,
      remedy: 'Install ingot again: its package is not complete.',
    });
  }
  return { name, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
