import { IngotError } from '../common/failure.ts';

/**
 * The text of an XML file: by its byte order mark, else by what its first characters look like, else by the encoding
 * it declares, else UTF-8 (XML 1.0, appendix F).
 *
 * @throws IngotError `unattend.encoding` when the encoding is unknown or the bytes do not follow it
 */
export function decodeXml(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new IngotError('unattend.encoding', `Expected text in ${encoding}, found bytes that are not`, {
      remedy: 'Save the file as UTF-8.',
      cause,
    });
  }
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0x3c && second === 0) return 'utf-16le';
  if (first === 0 && second === 0x3c) return 'utf-16be';
  const declaration = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  return /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/.exec(declaration)?.[1] ?? 'utf-8';
}
