/**
 * A name as vSphere keeps it, and as it stands in an inventory path: `/`, `\` and `%` are escaped, `a/b` is `a%2fb`.
 */
export function escapeName(name: string): string {
  return name.replace(/[%/\\]/g, (c) => ({ '%': '%25', '/': '%2f' })[c] ?? '%5c');
}

/** A name as it is sent: the server escapes `/` and `\` itself, a `%` has to be escaped by the client. */
export function nameToSend(name: string): string {
  return name.replaceAll('%', '%25');
}

/** The name as a person reads it. */
export function unescapeName(name: string): string {
  return name.replace(/%(25|2f|5c)/gi, (found) => ({ '%25': '%', '%2f': '/' })[found.toLowerCase()] ?? '\\');
}

/** Whether two names are the same, however they are escaped. */
export function sameName(a: string, b: string): boolean {
  return unescapeName(a) === unescapeName(b);
}

/** The names of a path; a `/` inside a name is written `%2f`. */
export function splitPath(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/** The names that are nearest to one that was not found, best first. */
export function nearest(wanted: string, names: readonly string[], count = 5): string[] {
  return names
    .map((name) => ({ name, distance: editDistance(wanted.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, count)
    .map(({ name }) => name);
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
