import type { Place } from './problem.ts';

/** Line and column of each offset of a text; offsets outside are moved to its ends. */
export function linesOf(text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const inside = Math.max(0, Math.min(offset, text.length));
    let line = 0;
    let end = starts.length;
    while (end - line > 1) {
      const middle = (line + end) >> 1;
      if ((starts[middle] ?? 0) <= inside) line = middle;
      else end = middle;
    }
    return { line: line + 1, column: inside - (starts[line] ?? 0) + 1 };
  };
}
