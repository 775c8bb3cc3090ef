import { IngotError } from '../../common/failure.ts';
import { plainBytes } from './plain-bytes.ts';
import { ACCUMULATING, argumentsOf, parseSshdConfig, type SshdLine } from './sshd-lines.ts';

/** Keyword (in any case) to what stands behind it. */
export type SshdOptions = Readonly<Record<string, string>>;

export interface MergedSshdConfig {
  readonly bytes: Buffer;
  /** Lines of `Match` blocks that say something else for the logins that the block is about. */
  readonly overridden: readonly string[];
}

/**
 * Sets global options in an `sshd_config` and leaves every other line as it was, byte for byte.
 *
 * The first value counts (sshd_config(5)), so an option that is there is changed where it first stands; a new one goes
 * before the first `Match`, since what is added at the end falls into `Match Group administrators`, and before the first
 * `Include`, which may set it too. Of keywords that accumulate (`Port`, `AllowGroups`, …) all lines are replaced by one.
 * The result is UTF-8 without a byte order mark.
 *
 * @throws IngotError `openssh.sshd-config-include`: a file that cannot be seen may add to such a keyword;
 *   `openssh.sshd-config-match`: a `Match all` block says otherwise for every login
 */
export function setSshdConfig(content: Uint8Array | undefined, options: SshdOptions): MergedSshdConfig {
  let lines = parseSshdConfig(plainBytes(content ?? new Uint8Array()));
  const eol = lines.find(({ end }) => end !== '')?.end ?? '\r\n';
  const overridden: string[] = [];
  for (const [name, value] of Object.entries(options)) {
    lines = setOption(lines, name, value, eol);
    overridden.push(...overridesOf(lines, name, value));
  }
  return { bytes: Buffer.from(lines.map(({ text, end }) => text + end).join(''), 'latin1'), overridden };
}

/** Names of options of which a file says something else, or nothing. */
export function missingOptions(content: Uint8Array, options: SshdOptions): readonly string[] {
  const lines = parseSshdConfig(plainBytes(content));
  return Object.entries(options)
    .filter(([name, value]) => !isSet(lines, name, value))
    .map(([name]) => name);
}

function setOption(lines: readonly SshdLine[], name: string, value: string, eol: string): readonly SshdLine[] {
  if (isSet(lines, name, value)) return lines;
  const keyword = name.toLowerCase();
  const { global, include } = borders(lines);
  const own = indices(lines.slice(0, global), keyword);
  if (ACCUMULATING.has(keyword) && include < global) throw unseen(name, lines[include]?.text ?? '');
  const [first] = own;
  const line = (end: string, indent = ''): SshdLine => ({
    ...{ text: Buffer.from(`${indent}${name} ${value}`, 'utf8').toString('latin1'), end, keyword, rest: value },
  });
  if (first !== undefined && first < include) {
    const [indent = ''] = /^\s*/.exec(lines[first]?.text ?? '') ?? [];
    const changed = lines.with(first, line(lines[first]?.end ?? eol, indent));
    const gone = ACCUMULATING.has(keyword) ? new Set(own.slice(1)) : new Set<number>();
    return changed.filter((_, index) => !gone.has(index));
  }
  const end = Math.min(global, include);
  // Behind the default that is commented out, where people look for it.
  const comment = lines.slice(0, end).findLastIndex(({ text }) => commentOf(text) === keyword);
  const at = comment === -1 ? end : comment + 1;
  const previous = lines[at - 1];
  const before = previous?.end === '' ? lines.with(at - 1, { ...previous, end: eol }) : [...lines];
  return before.toSpliced(at, 0, line(eol));
}

/** Whether the global part sets exactly this, and nothing before it can say otherwise. */
function isSet(lines: readonly SshdLine[], name: string, value: string): boolean {
  const keyword = name.toLowerCase();
  const { global, include } = borders(lines);
  const own = indices(lines.slice(0, global), keyword);
  const [first, ...more] = own;
  // sshd's own default: the rest is for the file to say.
  if (keyword === 'port' && first === undefined && include >= global) return value === '22';
  if (first === undefined || first > include || (ACCUMULATING.has(keyword) && more.length > 0)) return false;
  return same(lines[first]?.rest ?? '', value);
}

/** What `Match` blocks say otherwise; sshd takes their values over the global ones. */
function overridesOf(lines: readonly SshdLine[], name: string, value: string): string[] {
  const found: string[] = [];
  let block = '';
  for (const { text, keyword, rest } of lines) {
    if (keyword === 'match') block = rest;
    else if (block !== '' && keyword === name.toLowerCase() && !same(rest, value)) {
      if (/^all$/i.test(block.trim())) {
        throw new IngotError(
          'openssh.sshd-config-match',
          `expected sshd to obey ${name} ${value}, found “Match all”, which says otherwise for every login`,
          {
            evidence: [text.trim()],
            remedy: `take ${name} out of that block of sshd_config, or leave it out of openssh.sshdConfig`,
          },
        );
      }
      found.push(`Match ${block}: ${text.trim()}`);
    }
  }
  return found;
}

/** Where the global part ends, and where its first `Include` stands; the length of the file if there is none. */
function borders(lines: readonly SshdLine[]): { readonly global: number; readonly include: number } {
  const at = (keyword: string) => {
    const index = lines.findIndex((line) => line.keyword === keyword);
    return index === -1 ? lines.length : index;
  };
  const global = at('match');
  const include = at('include');
  return { global, include: include < global ? include : Number.POSITIVE_INFINITY };
}

function unseen(name: string, line: string): IngotError {
  return new IngotError(
    'openssh.sshd-config-include',
    `expected a whole sshd_config to set ${name} in, found “${line.trim()}”: every line of ${name} counts, also those of other files`,
    { remedy: `take the Include out of sshd_config, or leave ${name} out of the image file` },
  );
}

const indices = (lines: readonly SshdLine[], keyword: string): readonly number[] =>
  lines.flatMap((line, index) => (line.keyword === keyword ? [index] : []));
const commentOf = (text: string): string => (/^#\s?([A-Za-z0-9]+)(?:\s|=|$)/.exec(text)?.[1] ?? '').toLowerCase();
const same = (a: string, b: string): boolean => argumentsOf(a).join('\0') === argumentsOf(b).join('\0');
