import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { IngotError } from '../../common/failure.ts';
import { type FileSystem, fileSource } from '../../iso/filesystem.ts';
import { openMedia } from '../../iso/media.ts';
import { type OpenSource, openFileSource, type RangedSource } from '../../iso/source.ts';

const exec = promisify(execFile);

/** Standard output of a foreign tool. */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  // mkudffs is in /usr/sbin, which is not on every account's PATH.
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', PATH: `${process.env.PATH}:/usr/sbin` };
  return (await exec(command, args, { maxBuffer: 64 * 1024 * 1024, env })).stdout;
}

/** Standard output of a line for the shell, whose $0 and $@ are the arguments. */
export async function shell(line: string, ...args: readonly string[]): Promise<string> {
  return run('bash', '-c', line, ...args);
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

/** Volumes written by the Linux kernel, recorded by fixtures/record-udf.sh. */
export const KERNEL_IMAGES = ['1.02', '1.50', '2.01', 'sparable'] as const;

export async function kernelImage(name: (typeof KERNEL_IMAGES)[number]): Promise<Buffer> {
  const path = new URL(`recorded/udf-${name}.img.gz.base64`, import.meta.url);
  return gunzipSync(Buffer.from(await readFile(path, 'latin1'), 'base64'));
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

/** Paths of all files and folders of an image, folders with a slash behind; at most `limit`, as folders may be cyclic. */
export async function walk(fileSystem: FileSystem, limit = 10_000): Promise<readonly string[]> {
  const found: string[] = [];
  const folders = [''];
  for (let folder = folders.shift(); folder !== undefined && found.length < limit; folder = folders.shift()) {
    for (const name of (await fileSystem.list(folder)) ?? []) {
      const path = `${folder}${name}`;
      const directory = (await fileSystem.lookup(path))?.kind === 'directory';
      found.push(directory ? `${path}/` : path);
      if (directory) folders.push(`${path}/`);
      if (found.length >= limit) break;
    }
  }
  return found;
}

/** All files of an image by their path, with their bytes. */
export async function filesOf(image: RangedSource): Promise<Map<string, Buffer>> {
  const { source, fileSystem } = await openMedia(image);
  const files = new Map<string, Buffer>();
  for (const path of await walk(fileSystem)) {
    const node = await fileSystem.lookup(path);
    if (node?.kind === 'file') files.set(path, await fileSource(source, node).read(0, node.size));
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
export function counted(source: RangedSource): RangedSource & { bytes: number; reads: number } {
  const counter = {
    name: source.name,
    size: source.size,
    bytes: 0,
    reads: 0,
    async read(offset: number, length: number) {
      counter.bytes += length;
      counter.reads += 1;
      return source.read(offset, length);
    },
  };
  return counter;
}

/** For `assert.rejects` and `assert.throws`: an IngotError of this code; `iso.corrupt` always names what and where. */
export function failure(code: string, message = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof IngotError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    if (code === 'iso.corrupt') assert.ok(hasPlace(error), error.message);
    return true;
  };
}

/** The error names structure and offset, and what to do. */
export function hasPlace(error: IngotError): boolean {
  const evidence = error.evidence ?? [];
  const named =
    evidence.some((line) => /^structure: ./.test(line)) && evidence.some((line) => /^offset: \d+$/.test(line));
  return named && error.remedy !== undefined;
}
