import type { SFTPWrapper } from 'ssh2';
import type { LiveConnection, SftpChannel } from './connect.ts';
import { Unanswered } from './sftp.ts';
import { messageOf, orAborted } from './wait.ts';

/** What a single request may carry with every server; OpenSSH for Windows 7.7 takes no limits@openssh.com. */
const BLOCK = 32 * 1024;
/** The most that OpenSSH takes: its packets of 256 KiB less 1 KiB for the header (sftp-server.c, since 8.5 by its limits). */
const LARGE_BLOCK = 255 * 1024;
/** Bytes in flight: twice the window of OpenSSH's channels (2 MiB), so that it never runs dry. */
const IN_FLIGHT = 4 * 1024 * 1024;

/** An open file on the other side. */
export interface RemoteHandle {
  readonly live: LiveConnection;
  readonly channel: SftpChannel;
  readonly handle: Buffer;
}

/** Fills the whole buffer with what is at an offset. */
export type ReadInto = (offset: number, buffer: Buffer) => Promise<void>;

export interface Range {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/**
 * Writes a range of a remote file, pipelined, memory flat. Blocks are sent in the order of their offsets, which OpenSSH
 * works off one by one: after a cut the remote file is whole up to its size. `wrote` is told the offset after each block.
 */
export function sendRange(
  remote: RemoteHandle,
  range: Range,
  options: {
    /** Fills a buffer from an offset on. */
    readonly read: ReadInto;
    readonly wrote: (offset: number) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { live } = remote;
  const { sftp } = remote.channel;
  return whole(remote, options.signal, (stopped) =>
    inOrder(blocks(range, blockOf(sftp)), blockOf(sftp), stopped, {
      async begin({ start, end }, buffer) {
        const bytes = buffer.subarray(0, end - start);
        await options.read(start, bytes);
        return () => {
          live.gather();
          return answered<void>((done) => sftp.write(remote.handle, bytes, 0, bytes.length, start, done));
        };
      },
      end: ({ end }) => options.wrote(end),
    }),
  );
}

/**
 * Reads a range of a remote file, pipelined; `take` gets its bytes in order, one piece at a time, which are good until it
 * is done.
 */
export function receiveRange(
  remote: RemoteHandle,
  range: Range,
  options: {
    readonly take: (bytes: Buffer, offset: number) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { sftp } = remote.channel;
  return whole(remote, options.signal, (stopped) =>
    inOrder(blocks(range, blockOf(sftp)), blockOf(sftp), stopped, {
      begin: async (block, buffer) => () => readBlock(remote, block, buffer.subarray(0, block.end - block.start)),
      end: ({ start }, bytes) => options.take(bytes, start),
    }),
  );
}

/** A server may answer with less than it was asked for; nothing at all is the end of the file. */
async function readBlock(
  { channel: { sftp }, handle }: RemoteHandle,
  { start }: Range,
  bytes: Buffer,
): Promise<Buffer> {
  for (let filled = 0; filled < bytes.length; ) {
    const rest = bytes.subarray(filled);
    const count = await answered<number>((done) => sftp.read(handle, rest, 0, rest.length, start + filled, done));
    if (count === 0) throw new Error('the file has become shorter while it was read');
    filled += count;
  }
  return bytes;
}

/** ssh2 tells how many files may be open if, and only if, the server answered limits@openssh.com. */
function blockOf(sftp: SFTPWrapper): number {
  return 'maxOpenHandles' in sftp && sftp.maxOpenHandles !== undefined ? LARGE_BLOCK : BLOCK;
}

function* blocks({ start, end }: Range, size: number): Generator<Range> {
  for (let at = start; at < end; at += size) yield { start: at, end: Math.min(at + size, end) };
}

interface Work<T> {
  /** Makes a block ready, in a buffer that is its own until its end; what it returns sends it. */
  readonly begin: (block: Range, buffer: Buffer) => Promise<() => Promise<T>>;
  readonly end: (block: Range, result: T) => void | Promise<void>;
}

/** Begins and ends blocks in their order, with a limited number under way. */
async function inOrder<T>(
  all: Iterable<Range>,
  size: number,
  stopped: () => boolean,
  { begin, end }: Work<T>,
): Promise<void> {
  const most = Math.ceil(IN_FLIGHT / size);
  const underWay: { readonly block: Range; readonly buffer: Buffer; readonly result: Promise<T> }[] = [];
  /** New ones for each block would be most of the work: the garbage collector's. */
  const free: Buffer[] = [];
  const finishFirst = async () => {
    const first = underWay.shift();
    if (first === undefined) return;
    await end(first.block, await first.result);
    free.push(first.buffer);
  };
  for (const block of all) {
    if (underWay.length >= most) await finishFirst();
    const buffer = free.pop() ?? Buffer.allocUnsafeSlow(Math.min(size, block.end - block.start));
    const send = await begin(block, buffer);
    if (stopped()) return;
    const result = send();
    result.catch(() => {}); // Those behind one that failed are not waited for.
    underWay.push({ block, buffer, result });
  }
  while (underWay.length > 0 && !stopped()) await finishFirst();
}

function answered<T>(send: (done: (error: Error | undefined | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => send((error, value) => (error ? reject(error) : resolve(value))));
}

/** All of it, or the end of the signal, the channel or the connection. */
async function whole(
  { live, channel: { ended } }: RemoteHandle,
  signal: AbortSignal,
  work: (stopped: () => boolean) => Promise<void>,
): Promise<void> {
  let over = false;
  try {
    await orAborted(
      work(() => over),
      signal,
      live.lost,
      ended,
    );
  } catch (error) {
    over = true;
    signal.throwIfAborted();
    if (ended.aborted || live.lost.aborted) throw new Unanswered(messageOf(error), { cause: error });
    throw error;
  }
}
