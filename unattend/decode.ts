import { TextDecoder } from 'node:util';
import { placesOf, unreadable } from './place.ts';

/** An answer file has some 10 KB; with scripts embedded, some 100 KB. */
const MOST_BYTES = 8 * 1024 * 1024;
const REMEDY = 'Save the file as UTF-8, and declare no other encoding.';
const START = { line: 1, column: 1 };

/**
 * The text of an XML file: by its byte order mark, else by what its first characters look like, else by the encoding
 * it declares, else UTF-8 (XML 1.0, appendix F).
 *
 * @throws IngotError `unattend.size`; `unattend.encoding` when the encoding is unknown, or with the place of the first
 *   bytes that do not follow it
 */
export function decodeXml(bytes: Uint8Array): string {
  if (bytes.length > MOST_BYTES) throw tooLarge();
  const encoding = encodingOf(bytes);
  const decoder = decoderOf(encoding);
  try {
    return decoder.decode(bytes);
  } catch {
    const before = readable(bytes, encoding);
    const place = placesOf(before)(before.length);
    throw unreadable('unattend.encoding', place, `expected text in ${encoding}, found bytes that are not`, REMEDY);
  }
}

/** The same limit for a file that is text already. */
export function checkSize(text: string): void {
  if (text.length > MOST_BYTES) throw tooLarge();
}

/** Not how many there are: who reads a file may have stopped at the limit. */
function tooLarge() {
  const found = `expected at most ${MOST_BYTES} bytes, found more`;
  return unreadable('unattend.size', START, found, 'Check that this is an answer file; move embedded files out of it.');
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    const found = `expected an encoding that is known, found “${encoding}”`;
    throw unreadable('unattend.encoding', START, found, REMEDY);
  }
}

/** The longest beginning that can be decoded. */
function readable(bytes: Uint8Array, encoding: string): string {
  let low = 0;
  let high = bytes.length;
  let text = '';
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      text = decoderOf(encoding).decode(bytes.subarray(0, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  return text;
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0x3c && second === 0) return 'utf-16le';
  if (first === 0 && second === 0x3c) return 'utf-16be';
  if (first === 0xef && second === 0xbb) return 'utf-8';
  const declaration = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const declared = /^\s*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/.exec(declaration)?.[1] ?? 'utf-8';
  if (/^(utf-16|utf-32|ucs-|iso-10646-ucs)/i.test(declared)) {
    // The declaration could be read a byte a character, so it is wrong about its own file. Setup's parser stops here too.
    const found = `expected bytes in ${declared} as declared, found bytes in an encoding of one byte a character`;
    throw unreadable('unattend.encoding', START, found, REMEDY);
  }
  return declared;
}
