import { type Finding, quote } from '../problem.ts';
import type { Rule } from './rule.ts';

/** An absolute path, `\\server\share` or one that begins with a variable of the system. */
const ABSOLUTE = /^([A-Za-z]:\\|\\\\[^\\]+\\|%[A-Za-z()0-9]+%)/;
/** A whole drive or all of Windows: Defender would be off in all but name. */
const EVERYTHING = /^([A-Za-z]:|%SystemDrive%|%SystemRoot%|%windir%|[A-Za-z]:\\Windows)\\?(\*(\.\*)?)?$/i;

/** Exclusions that Defender takes, and that leave something to scan. */
export const defender: Rule = ({ defender: asked }) => {
  const paths = (asked?.exclusions?.paths ?? []).flatMap((path, index): Finding[] => {
    if (path === undefined) return [];
    const at = ['defender', 'exclusions', 'paths', index];
    if (!ABSOLUTE.test(path) && !EVERYTHING.test(path)) {
      return [wrong(at, 'an absolute path such as C:\\app', path, 'write the drive, too')];
    }
    return EVERYTHING.test(path) ? [wrong(at, 'less than a whole drive or Windows', path, 'name the folders')] : [];
  });
  const processes = (asked?.exclusions?.processes ?? []).flatMap((name, index): Finding[] => {
    if (name === undefined || ABSOLUTE.test(name) || /^[^\\/:"<>|?*]+\.[A-Za-z0-9*]+$/.test(name)) return [];
    const at = ['defender', 'exclusions', 'processes', index];
    return [wrong(at, 'a program such as dockerd.exe, or its absolute path', name, 'write the name with its ending')];
  });
  return [...paths, ...processes];
};

function wrong(path: Finding['path'], expected: string, found: string, remedy: string): Finding {
  return { path, code: 'defender.exclusion', expected, found: quote(found, 60), remedy };
}
