/** One line of `sshd_config`; all lines together are the file. */
export interface SshdLine {
  readonly text: string;
  /** `\n`, `\r\n`, or nothing at the end of the file. */
  readonly end: string;
  /** Lower case; empty for a comment and for a blank line. */
  readonly keyword: string;
  /** What stands behind the keyword. */
  readonly rest: string;
}

/** Keywords of which every line counts; of all others the first one does (sshd_config(5), servconf.c). */
export const ACCUMULATING: ReadonlySet<string> = new Set([
  'port',
  'listenaddress',
  'hostkey',
  'hostcertificate',
  'acceptenv',
  'setenv',
  'allowusers',
  'denyusers',
  'allowgroups',
  'denygroups',
  'subsystem',
]);

/** Splits a file into its lines; each character is one byte. */
export function parseSshdConfig(content: string): readonly SshdLine[] {
  const lines: SshdLine[] = [];
  for (const [whole, text = '', end = ''] of content.matchAll(/([^\n]*?)(\r?\n|$)/g)) {
    if (whole === '') continue;
    lines.push({ text, end, ...readLine(text) });
  }
  return lines;
}

/**
 * The arguments of a line as OpenSSH splits them: by white space, with either kind of quotes; a backslash escapes quotes,
 * itself and a space; an argument that begins with `#` begins a comment (misc.c, argv_split).
 */
export function argumentsOf(rest: string): readonly string[] {
  const found: string[] = [];
  let at = 0;
  while (at < rest.length) {
    if (/\s/.test(rest.charAt(at))) {
      at += 1;
      continue;
    }
    if (rest.charAt(at) === '#') break;
    let [argument, quote] = ['', ''];
    for (; at < rest.length && (quote !== '' || !/\s/.test(rest.charAt(at))); at++) {
      const character = rest.charAt(at);
      const next = rest.charAt(at + 1);
      if (character === '\\' && (/["'\\]/.test(next) || (quote === '' && next === ' '))) {
        argument += next;
        at += 1;
      } else if (quote === '' && /["']/.test(character)) quote = character;
      else if (character === quote) quote = '';
      else argument += character;
    }
    found.push(argument);
  }
  return found;
}

/** `Keyword value`, `Keyword=value`, `Keyword = value`, `"Keyword" value`: at most one `=` (misc.c, strdelim). */
function readLine(text: string): Pick<SshdLine, 'keyword' | 'rest'> {
  const trimmed = text.replace(/[\s\f]+$/, '').replace(/^\s+/, '');
  if (trimmed === '' || trimmed.startsWith('#')) return { keyword: '', rest: '' };
  const [, quoted, bare = ''] = /^(?:"([^"]*)"|([^\s="]+))/.exec(trimmed) ?? [];
  const keyword = quoted ?? bare;
  const behind = trimmed.slice(quoted === undefined ? keyword.length : keyword.length + 2);
  return { keyword: keyword.toLowerCase(), rest: behind.replace(/^\s*=?\s*/, '') };
}
