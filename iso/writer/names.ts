import { IngotError } from '../../common/failure.ts';

/**
 * Longest name on the disc, in UTF-16 units. The Joliet specification says 64; a directory record holds up to 110;
 * 103 is what `mkisofs -joliet-long` writes and what readers are known to take.
 */
const LONGEST_NAME = 103;

/** Forbidden by the Joliet specification (3.5), and control characters. */
const JOLIET_FORBIDS = /[*/:;?\\\p{Cc}]/u;
/** Allowed by Joliet, but no Windows program can open such a name ("Naming Files, Paths, and Namespaces", Microsoft). */
const WINDOWS_FORBIDS = /["<>|]/;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(?:\.|$)/i;
/** Joliet records UCS-2, which has no characters beyond U+FFFF. */
const BEYOND_UCS2 = /[\u{10000}-\u{10FFFF}]/u;

/** Most names, at the cost of one look. */
const HARMLESS = /^[\w+-][\w .+-]{0,61}[\w+-]$/;

/** Why a path cannot be on the disc; undefined when it can. */
export interface PathProblem {
  readonly path: string;
  readonly found: string;
  readonly remedy: string;
}

/** The first thing that is wrong with a path, which is separated by `/`. */
export function pathProblem(path: string): PathProblem | undefined {
  for (const name of path.split('/')) {
    const problem = nameProblem(name);
    if (problem !== undefined) return { path, ...problem };
  }
  return undefined;
}

function nameProblem(name: string): Omit<PathProblem, 'path'> | undefined {
  if (HARMLESS.test(name) && !WINDOWS_DEVICE.test(name)) return undefined;
  const rename = (found: string) => ({ found, remedy: 'Rename it.' });
  if (name === '' || name === '.' || name === '..') {
    return {
      found: 'expected names between slashes, without . and ..',
      remedy: 'Write it as folder/file, without a leading slash.',
    };
  }
  const forbidden = JOLIET_FORBIDS.exec(name)?.[0];
  if (forbidden !== undefined) return rename(`Joliet forbids the character ${JSON.stringify(forbidden)}`);
  if (!name.isWellFormed()) return rename('the name is no valid Unicode');
  const beyond = BEYOND_UCS2.exec(name)?.[0];
  if (beyond !== undefined) return rename(`Joliet has no characters beyond U+FFFF, as “${beyond}” is one`);
  const refused = WINDOWS_FORBIDS.exec(name)?.[0];
  if (refused !== undefined) return rename(`Windows opens no name with the character ${refused}`);
  if (/[. ]$/.test(name)) return rename('Windows opens no name that ends with a dot or a space');
  if (WINDOWS_DEVICE.test(name)) return rename(`“${name}” is a device's name in Windows`);
  if (name.length > LONGEST_NAME) {
    return {
      found: `“${name}” has ${name.length} characters, at most ${LONGEST_NAME} fit a Joliet disc`,
      remedy: 'Shorten the name.',
    };
  }
  return undefined;
}

const MOST_SHOWN = 20;

/** One error for all paths that do not fit; the message tells the first. */
export function badPaths(problems: readonly PathProblem[]): IngotError {
  const [first] = problems;
  const rest = problems.length > 1 ? ` (and ${problems.length - 1} more that do not fit)` : '';
  return new IngotError(
    'iso.path',
    `Expected a path that fits the disc, found “${first?.path}”: ${first?.found}${rest}`,
    {
      remedy: first?.remedy,
      evidence:
        problems.length > 1 ? problems.slice(0, MOST_SHOWN).map(({ path, found }) => `${path}: ${found}`) : undefined,
    },
  );
}

const ASCII = /^[ -~]*$/;

/** What Windows compares names by: each UTF-16 unit in upper case, where that is one unit. */
export function windowsKey(name: string): string {
  if (ASCII.test(name)) return name.toUpperCase();
  let key = '';
  for (let at = 0; at < name.length; at += 1) {
    const unit = name.charAt(at);
    const upper = unit.toUpperCase();
    key += upper.length === 1 ? upper : unit;
  }
  return key;
}

/** A name in UCS-2 as Joliet records it: big-endian. */
export function jolietName(name: string): Buffer {
  return Buffer.from(name, 'utf16le').swap16();
}

/**
 * Names for ISO 9660 level 1 (ECMA-119 7.5, 10.1): 8.3 of A-Z, 0-9 and _, unique in their folder. What reads Joliet
 * never shows them.
 *
 * @param names the names of one folder in a fixed order, with whether each is a folder
 */
export function isoNames(names: readonly { readonly name: string; readonly folder: boolean }[]): readonly string[] {
  const taken = new Set<string>();
  // The next number to try, by what names that collide have in common: without it, n equal names take n² tries.
  const next = new Map<string, number>();
  return names.map(({ name, folder }) => {
    const dot = folder ? -1 : name.lastIndexOf('.');
    const base = clean(dot < 0 ? name : name.slice(0, dot)) || '_';
    const extension = dot < 0 ? '' : clean(name.slice(dot + 1)).slice(0, 3);
    let short = base.slice(0, 8);
    if (taken.has(`${short}.${extension}`)) {
      const group = `${base.slice(0, 2)}.${extension}`;
      let number = next.get(group) ?? 1;
      do {
        short = base.slice(0, 8 - String(number).length) + number;
        number += 1;
      } while (taken.has(`${short}.${extension}`));
      next.set(group, number);
    }
    taken.add(`${short}.${extension}`);
    return folder ? short : `${short}.${extension}`;
  });
}

function clean(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}
