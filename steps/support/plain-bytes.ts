/**
 * The bytes of a text file as UTF-8 without a byte order mark, one a code unit, so that what is not touched stays as it
 * was. PowerShell 5.1 writes UTF-16 with a byte order mark, or UTF-8 with one, unless told otherwise.
 */
export function plainBytes(content: Uint8Array): string {
  const [a, b, c] = content;
  if (a === 0xef && b === 0xbb && c === 0xbf) return Buffer.from(content.subarray(3)).toString('latin1');
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : undefined;
  if (encoding === undefined) return Buffer.from(content).toString('latin1');
  return Buffer.from(new TextDecoder(encoding).decode(content), 'utf8').toString('latin1');
}
