import { createHash } from 'node:crypto';

/** Reads what SSH writes in binary (RFC 4251, section 5), from the beginning to the end; undefined when it is cut. */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint32(): number | undefined {
    return this.take(4)?.readUInt32BE(0);
  }

  /** A length-prefixed string; mpints are strings too. */
  string(): Buffer | undefined {
    const length = this.uint32();
    return length === undefined ? undefined : this.take(length);
  }

  text(): string | undefined {
    return this.string()?.toString('utf8');
  }

  take(length: number): Buffer | undefined {
    const end = this.#at + length;
    if (end > this.#bytes.length) return undefined;
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** The strings that a public key's blob is made of (RFC 4253, section 6.6), or undefined when it is cut short. */
export function sshStrings(blob: Buffer): Buffer[] | undefined {
  const reader = new SshReader(blob);
  const strings: Buffer[] = [];
  while (!reader.atEnd) {
    const next = reader.string();
    if (next === undefined) return undefined;
    strings.push(next);
  }
  return strings;
}

/** Length-prefixed strings, one behind the other. */
export function writeSshStrings(...strings: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(
    strings.flatMap((each) => {
      const bytes = Buffer.from(each);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** A positive mpint as its bytes: a zero before a top bit that is set. */
export function mpint(bytes: Buffer): Buffer {
  const digits = bytes.subarray(Math.max(0, bytes.findIndex(Boolean)));
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
}

/** Bits of a positive mpint. */
export function mpintBits(integer: Buffer): number {
  const first = integer.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (integer.length - first) * 8 - Math.clz32(integer[first] ?? 0) + 24;
}

/** `SHA256:` and the unpadded base64 of the digest, as `ssh-keygen -l` prints it. Takes the blob or its base64. */
export function fingerprintOf(key: Buffer | string): string {
  const blob = typeof key === 'string' ? Buffer.from(key, 'base64') : key;
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
