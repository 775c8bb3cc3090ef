import { escapeValue, type Line, parseKeyFile, unescapeValue } from './key-file.ts';

export interface MergedToolsConf {
  readonly bytes: Uint8Array;
  /** Lines for which GLib refused the whole file, now comments: `line 3 (outside of any group): exclude-nics=`. */
  readonly refused: readonly string[];
}

/**
 * Sets one key of one group in a `tools.conf` (GLib key file) and leaves every other line as it was, byte for byte.
 *
 * VMware Tools read `exclude-nics` only from `[guestinfo]` (open-vm-tools, guestInfoServer.c): a missing entry means
 * `vEthernet*` on Windows, an empty one no pattern at all. A single line that GLib cannot read makes it refuse the whole
 * file, and an entry before the first group even has Tools put the file aside as `tools.conf.old` (vmtoolsConfig.c): such
 * lines become comments. Groups of the same name are one; of entries of the same name the last one counts, so there is
 * never a second. The result is UTF-8 without a byte order mark, which GLib refuses too.
 */
export function setToolsConf(
  content: Uint8Array | undefined,
  group: string,
  key: string,
  value: string,
): MergedToolsConf {
  const lines = parseKeyFile(bytesOf(content ?? new Uint8Array()));
  const eol = lines.find(({ end }) => end !== '')?.end ?? '\r\n';
  const entry = `${key}=${escapeValue(value)}`;
  const refused: string[] = [];
  const out: { text: string; end: Line['end'] }[] = [];
  let written = false;
  for (const [index, { text, end, meaning }] of lines.entries()) {
    const own = meaning.kind === 'entry' && meaning.group === group && meaning.key === key;
    if (own && written) continue;
    if (own) written = true;
    if (meaning.kind === 'refused') {
      refused.push(`line ${index + 1} (${meaning.why}): ${Buffer.from(text, 'latin1').toString('utf8')}`);
      out.push({ text: `# ${meaning.why}: ${text}`, end });
    } else if (own && unescapeValue(meaning.value) !== value) {
      out.push({ text: entry, end });
    } else {
      out.push({ text, end });
    }
  }
  if (!written) {
    const place = placeFor(lines, group, key);
    const previous = out[(place ?? out.length) - 1];
    // A CR at the very end of a file belongs to the value: it stays one with another CR behind it.
    if (previous?.end === '') previous.end = previous.text.endsWith('\r') ? '\r\n' : eol;
    const header = place === undefined ? [...(isBlank(previous?.text) ? [] : ['']), `[${group}]`] : [];
    out.splice(place ?? out.length, 0, ...[...header, entry].map((text) => ({ text, end: eol })));
  }
  return { bytes: Buffer.from(out.map(({ text, end }) => text + end).join(''), 'latin1'), refused };
}

/**
 * The value of a key in a group as VMware Tools read it: the last entry counts. Undefined if there is none, if its value
 * cannot be read, and for a file that GLib refuses.
 */
export function readToolsConf(content: Uint8Array, group: string, key: string): string | undefined {
  let value: string | undefined;
  for (const { meaning } of parseKeyFile(Buffer.from(content).toString('latin1'))) {
    if (meaning.kind === 'refused') return undefined;
    if (meaning.kind === 'entry' && meaning.group === group && meaning.key === key)
      value = unescapeValue(meaning.value);
  }
  return value;
}

/** The index for a new entry: behind one that is commented out, else behind the group's last line that says something. */
function placeFor(lines: readonly Line[], group: string, key: string): number | undefined {
  let current: string | undefined;
  let commented: number | undefined;
  let last: number | undefined;
  for (const [index, { text, meaning }] of lines.entries()) {
    if (meaning.kind === 'group') current = meaning.group;
    if (current !== group) continue;
    if (meaning.kind === 'group' || meaning.kind === 'entry') last = index + 1;
    else if (meaning.kind === 'comment' && /^\s*#\s*([^=\s]+)\s*=/.exec(text)?.[1] === key) commented = index + 1;
  }
  return commented ?? last;
}

const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === '';

/** The bytes of UTF-8, one a code unit. PowerShell 5.1 writes UTF-16 with a byte order mark unless told otherwise. */
function bytesOf(content: Uint8Array): string {
  const [a, b, c] = content;
  if (a === 0xef && b === 0xbb && c === 0xbf) return Buffer.from(content.subarray(3)).toString('latin1');
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : undefined;
  if (encoding === undefined) return Buffer.from(content).toString('latin1');
  return Buffer.from(new TextDecoder(encoding).decode(content), 'utf8').toString('latin1');
}
