import { randomBytes } from 'node:crypto';
import { win32 } from 'node:path';
import { GuestError } from '../errors.ts';
import type { GuestOperations, SignalOption } from './operations.ts';

/** For tidying up after a failure or an abort. */
const TIDY_MS = 5000;
/** What is read whole is a file of settings, a report, or what a script said. */
const MOST_READ = 64 * 2 ** 20;

/** The bytes of a file from an offset on; undefined when there is no such file. */
export async function readFile(
  operations: GuestOperations,
  path: string,
  options: SignalOption & { readonly from?: number },
): Promise<Buffer | undefined> {
  let chunks: Uint8Array[] = [];
  let length = 0;
  const sink = () => {
    chunks = [];
    length = 0;
    return (bytes: Uint8Array) => {
      length += bytes.length;
      if (length > MOST_READ)
        throw new GuestError('guest.file', `Expected at most 64 MiB in ${path}, found more.`, {
          remedy: 'Files of that size are downloaded, not read.',
        });
      chunks.push(Buffer.from(bytes));
    };
  };
  const size = await operations.receive(path, sink, options);
  return size === undefined ? undefined : Buffer.concat(chunks);
}

/**
 * Writes a file whole, over one that is there, and makes its folder if need be: a temporary file beside it is moved over
 * it, so that readers see the old bytes or the new, and whatever breaks off before leaves the old one.
 */
export async function writeFile(
  operations: GuestOperations,
  path: string,
  bytes: Uint8Array,
  { signal }: SignalOption,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.ingot`;
  const [old] = (await operations.list(path, { signal })) ?? [];
  if (old === undefined) await operations.makeFolder(win32.dirname(path), { signal });
  try {
    await operations.write(temporary, { size: bytes.length, open: () => [bytes] }, { signal });
    await moveOver(operations, temporary, path, { readOnly: old?.readOnly === true, signal });
  } catch (error) {
    // What counts is the first failure.
    await operations.deleteFile(temporary, { signal: AbortSignal.timeout(TIDY_MS) }).catch(() => {});
    throw error;
  }
}

/** Moves a file over another. Windows refuses that for a read-only one: the attribute is taken off, and the new one gets it. */
export async function moveOver(
  operations: GuestOperations,
  from: string,
  to: string,
  { readOnly, signal }: SignalOption & { readonly readOnly: boolean },
): Promise<void> {
  if (!readOnly) return operations.replace(from, to, { signal });
  await operations.setReadOnly(to, false, { signal });
  try {
    await operations.replace(from, to, { signal });
  } finally {
    const tidying = signal.aborted ? AbortSignal.timeout(TIDY_MS) : signal;
    await operations.setReadOnly(to, true, { signal: tidying });
  }
}
