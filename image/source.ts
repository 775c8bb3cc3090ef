import { open } from 'node:fs/promises';
import { type Finding, type Place, type Problem, problemAt } from './problem.ts';

/** Nobody writes more by hand; reading more would only take time. */
const LARGEST = 512 * 1024;

/** The text of an image file, or why it is none. Never throws for what a file system can do. */
export async function readSource(file: string): Promise<{ text: string } | { problem: Problem }> {
  let bytes: Buffer;
  try {
    const handle = await open(file, 'r');
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) return fail(file, 'image.not-a-file', 'a directory', 'name the file in it');
      bytes = await readUpTo(handle, LARGEST + 1);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return fail(file, 'image.missing', 'no such file', 'check the name and the folder you are in');
    }
    if (code === 'EISDIR') return fail(file, 'image.not-a-file', 'a directory', 'name the file in it');
    return fail(file, 'image.unreadable', `that it cannot be read (${code || 'unknown'})`, 'check its rights');
  }
  if (bytes.length > LARGEST) {
    return fail(file, 'image.too-large', `more than ${LARGEST / 1024} KiB`, 'name an image file, not a disc image');
  }
  return decode(file, bytes);
}

type Handle = Awaited<ReturnType<typeof open>>;

async function readUpTo(handle: Handle, maximum: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maximum);
  let length = 0;
  while (length < maximum) {
    const { bytesRead } = await handle.read(buffer, length, maximum - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** The text, without its byte order mark. */
function decode(file: string, bytes: Uint8Array): { text: string } | { problem: Problem } {
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    const place = placeOf(bytes.subarray(0, nul));
    const utf16 = bytes.length > 1 && ((bytes[0] ?? 0) ^ (bytes[1] ?? 0)) === 1;
    const found = utf16 ? 'UTF-16' : 'binary data (a NUL byte)';
    return fail(file, 'image.encoding', found, utf16 ? 'save it as UTF-8' : 'name an image file', place);
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const place = placeOf(bytes.subarray(0, firstInvalid(bytes)));
    return fail(file, 'image.encoding', 'bytes that are no UTF-8', 'save the file as UTF-8', place);
  }
}

/** Number of leading bytes that are whole UTF-8 characters. */
function firstInvalid(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return good;
}

function placeOf(before: Uint8Array): Place {
  const lines = new TextDecoder().decode(before).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

function fail(file: string, code: string, found: string, remedy: string, place: Place = { line: 1, column: 1 }) {
  const finding: Finding = { path: [], code, expected: 'an image file (YAML, UTF-8)', found, remedy };
  return { problem: problemAt(file, place, finding) };
}
