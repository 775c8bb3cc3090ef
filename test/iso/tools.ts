import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { IngotError } from '../../common/failure.ts';
import { type OpenSource, openFileSource, type RangedSource } from '../../iso/source.ts';

const exec = promisify(execFile);

/** Standard output of a foreign tool. */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  // mkudffs is in /usr/sbin, which is not on every account's PATH.
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', PATH: `${process.env.PATH}:/usr/sbin` };
  return (await exec(command, args, { maxBuffer: 64 * 1024 * 1024, env })).stdout;
}

/** Path of one of the lab's sample media. */
export function sample(name: string): string {
  return fileURLToPath(new URL(`../../lab/media/${name}.iso`, import.meta.url));
}

export async function openSample(name: string): Promise<OpenSource> {
  return openFileSource(sample(name));
}

/** A folder that is gone after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** All files below a folder by their path, with their bytes. */
export async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(relative(folder, path), await readFile(path));
  }
  return files;
}

/** Writes a stream of bytes to a file and returns them. */
export async function collect(stream: AsyncIterable<Uint8Array>, path?: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (path !== undefined) await writeFile(path, bytes);
  return bytes;
}

/** The source with every read counted. */
export function counted(source: RangedSource): RangedSource & { bytes: number } {
  const counter = {
    name: source.name,
    size: source.size,
    bytes: 0,
    async read(offset: number, length: number) {
      counter.bytes += length;
      return source.read(offset, length);
    },
  };
  return counter;
}

/** For `assert.rejects` and `assert.throws`: an IngotError of this code. */
export function failure(code: string): (error: unknown) => boolean {
  return (error) => error instanceof IngotError && error.code === code;
}
