import { IngotError } from '../../common/failure.ts';

/** Longest name in Joliet as Windows and Linux read it, in UTF-16 units: what fits a directory record. */
export const LONGEST_NAME = 103;

/** Characters that the Joliet specification forbids in names, and control characters. */
const FORBIDDEN = /[*/:;?\\\p{Cc}]/u;

/** The names of a path on the disc, checked. */
export function pathNames(path: string): readonly string[] {
  const names = path.split('/');
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') {
      throw badPath(
        path,
        'expected names between slashes, without . and ..',
        'Write it as folder/file, without a leading slash.',
      );
    }
    const forbidden = FORBIDDEN.exec(name);
    if (forbidden !== null) {
      throw badPath(path, `Joliet forbids the character ${JSON.stringify(forbidden[0])}`, 'Rename the file.');
    }
    if (!name.isWellFormed()) throw badPath(path, 'the name is no valid Unicode', 'Rename the file.');
    if (name.length > LONGEST_NAME) {
      throw badPath(
        path,
        `“${name}” has ${name.length} characters, at most ${LONGEST_NAME} fit a Joliet disc`,
        'Shorten the name.',
      );
    }
  }
  return names;
}

export function badPath(path: string, found: string, remedy: string): IngotError {
  return new IngotError('iso.path', `Expected a path that fits the disc, found “${path}”: ${found}`, { remedy });
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
  return names.map(({ name, folder }) => {
    const dot = folder ? -1 : name.lastIndexOf('.');
    const base = clean(dot < 0 ? name : name.slice(0, dot)) || '_';
    const extension = dot < 0 ? '' : clean(name.slice(dot + 1)).slice(0, 3);
    let short = base.slice(0, 8);
    for (let number = 1; taken.has(`${short}.${extension}`); number += 1) {
      short = base.slice(0, 8 - String(number).length) + number;
    }
    taken.add(`${short}.${extension}`);
    return folder ? short : `${short}.${extension}`;
  });
}

function clean(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
}
