/**
 * Lines of a key file as GLib reads them (gkeyfile.c of GLib 2.56 to 2.74; the parser of VMware Tools). Texts are bytes,
 * one a code unit (`latin1`), so that whatever is in a file survives.
 */
export interface Line {
  readonly text: string;
  /** Of the last line it may be empty. */
  readonly end: '\n' | '\r\n' | '';
  readonly meaning: Meaning;
}

export type Meaning =
  | { readonly kind: 'comment' }
  | { readonly kind: 'group'; readonly group: string }
  /** `value` is raw: leading blanks are gone, escapes are not. */
  | { readonly kind: 'entry'; readonly group: string; readonly key: string; readonly value: string }
  /** One such line, and GLib refuses the whole file. */
  | { readonly kind: 'refused'; readonly why: string };

/** Splits at LF, as GLib does; a CR before it belongs to the line's end, any other to the text. */
export function parseKeyFile(bytes: string): readonly Line[] {
  const lines: Line[] = [];
  let first: string | undefined;
  let current: string | undefined;
  let outside = 'outside of any group';
  for (const [whole, text = '', end] of bytes.matchAll(/([^\n]*?)(\r?\n|$)/g)) {
    if (whole === '') break;
    const meaning = meaningOf(text, first, current, outside);
    if (meaning.kind === 'group') {
      current = meaning.group;
      first ??= current;
    } else if (meaning.kind === 'refused' && whole.trimStart().startsWith('[')) {
      // Whose entries follow is not known: they must not fall to the group before.
      current = undefined;
      outside = 'below a group that cannot be read';
    }
    lines.push({ text, end: end === '\n' || end === '\r\n' ? end : '', meaning });
  }
  return lines;
}

function meaningOf(text: string, first: string | undefined, current: string | undefined, outside: string): Meaning {
  // g_ascii_isspace: without vertical tab. A line ends at NUL, as any text does in C.
  const start = text.replace(/^[ \t\n\f\r]+/, '');
  const [line = ''] = start.split('\0');
  if (line === '' || line.startsWith('#')) return { kind: 'comment' };
  if (/^\[[^\]]*\][ \t]*$/.test(line)) {
    const group = start.slice(1, start.lastIndexOf(']'));
    return isGroupName(group) ? { kind: 'group', group } : { kind: 'refused', why: 'not a name of a group' };
  }
  const at = line.indexOf('=');
  if (at < 1) return { kind: 'refused', why: 'neither an entry, a group nor a comment' };
  if (current === undefined) return { kind: 'refused', why: outside };
  const key = line.slice(0, at).replace(/[ \t\n\f\r]+$/, '');
  if (!isKey(key)) return { kind: 'refused', why: 'not a name of an entry' };
  const value = line.slice(at + 1).replace(/^[ \t\n\f\r]+/, '');
  if (current === first && key === 'Encoding' && value.toUpperCase() !== 'UTF-8')
    return { kind: 'refused', why: 'an encoding that is not supported' };
  return { kind: 'entry', group: current, key, value };
}

/** No brackets and no control characters of ASCII. */
const isGroupName = (name: string): boolean =>
  name !== '' && [...name].every((sign) => sign >= ' ' && !['[', ']', '\x7f'].includes(sign));

/** A key may end in a locale, `key[de_AT]`, and then is another one. */
const isKey = (key: string): boolean =>
  /^[^=[\]]*[^=[\] ](\[[\p{L}\p{N}\-_.@]*\])?$/u.test(Buffer.from(key, 'latin1').toString('utf8'));

/** A value as g_key_file_get_string reads it; undefined where it is no UTF-8 or has an escape that GLib does not know. */
export function unescapeValue(raw: string): string | undefined {
  if (/\\(?:[^snrt\\]|$)/.test(raw.replaceAll('\\\\', ''))) return undefined;
  const bytes = raw.replace(/\\([snrt\\])/g, (_, sign: keyof typeof signs) => signs[sign]);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The same the other way, as g_key_file_set_string writes it. */
export function escapeValue(value: string): string {
  const written = value
    .replace(/[\\\n\r\t]/g, (sign) => escapes[sign as keyof typeof escapes])
    .replace(/^ +/, (blanks) => '\\s'.repeat(blanks.length));
  return Buffer.from(written, 'utf8').toString('latin1');
}

const signs = { s: ' ', n: '\n', r: '\r', t: '\t', '\\': '\\' } as const;
const escapes = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' } as const;
