import { open } from 'node:fs/promises';

/** Bytes of one read: measured, smaller and larger ones are slower. */
const pieceBytes = 2 ** 20;
/** Pieces that are read ahead while one is used. */
const ahead = 2;

/**
 * A local file in pieces that use the same memory again and again: each is good until the next is asked for. Next to a
 * stream of Node.js, which takes new memory for each piece, this halves what reading costs beside hashing and TLS.
 */
export async function* filePieces(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  const reads: Promise<Uint8Array>[] = [];
  let next = 0;
  const begin = (buffer: Buffer): void => {
    const read = fill(buffer, next);
    next += buffer.length;
    read.catch(() => undefined); // told where it is awaited
    reads.push(read);
  };
  async function fill(buffer: Buffer, offset: number): Promise<Uint8Array> {
    let done = 0;
    while (done < buffer.length) {
      const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done === buffer.length ? buffer : buffer.subarray(0, done);
  }
  try {
    for (let i = 0; i < ahead; i++) begin(Buffer.allocUnsafeSlow(pieceBytes));
    for (let used: Buffer = Buffer.allocUnsafeSlow(pieceBytes); ; ) {
      const piece = await reads.shift();
      signal?.throwIfAborted();
      if (piece === undefined || piece.length === 0) return;
      begin(used);
      yield piece;
      if (piece.length < pieceBytes) return;
      used = Buffer.from(piece.buffer, piece.byteOffset, pieceBytes);
    }
  } finally {
    await Promise.allSettled(reads);
    await handle.close();
  }
}
