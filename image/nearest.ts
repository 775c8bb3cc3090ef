/** Names that are compared: Windows' time zones are the most that there are. */
const MOST_KNOWN = 200;

/**
 * The known name that is the most like a mistyped one, or undefined if none is: at most a third of its letters may
 * differ. Case, hyphens and underscores do not count.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name);
  if (wanted.length > 64) return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known.slice(0, MOST_KNOWN)) {
    const other = plain(candidate);
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    if (Math.abs(wanted.length - other.length) > limit) continue;
    const edits = editDistance(wanted, other);
    if (edits <= limit && edits < least) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
