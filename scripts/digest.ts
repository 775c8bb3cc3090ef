import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { IngotError } from '../common/failure.ts';

export interface ScriptFile {
  readonly name: string;
  readonly bytes: Buffer;
  /** SHA-256 of the bytes, hexadecimal. */
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

/** The line by which a script takes another one of ingot's into itself. */
const PART = /^\. \(Join-Path -Path \$PSScriptRoot -ChildPath '([a-z][a-z0-9-]*\.ps1)'\)$/gm;

/** The names of the scripts that a script's text dot-sources from beside itself, in their order. */
function partsOf(bytes: Uint8Array): string[] {
  return [...Buffer.from(bytes).toString('latin1').matchAll(PART)].map(([, name = '']) => name);
}

/** What must lie beside a script for it to run: all that it dot-sources, directly or not, each once. */
export async function scriptParts(bytes: Uint8Array): Promise<readonly ScriptFile[]> {
  const found = new Map<string, ScriptFile>();
  const visit = async (from: Uint8Array): Promise<void> => {
    for (const name of partsOf(from)) {
      if (found.has(name)) continue;
      const part = await scriptFile(name);
      found.set(name, part);
      await visit(part.bytes);
    }
  };
  await visit(bytes);
  return [...found.values()];
}

/** SHA-256 (hex) of a script with all its parts: what enters a fingerprint. */
export async function scriptDigest(name: string): Promise<string> {
  const file = await scriptFile(name);
  const parts = await scriptParts(file.bytes);
  const all = [file, ...parts].map((one) => `${one.name} ${one.sha256}\n`);
  return createHash('sha256').update(all.join('')).digest('hex');
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
