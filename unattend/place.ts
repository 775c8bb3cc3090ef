import { IngotError } from '../common/failure.ts';
import type { Place } from './model.ts';

/** Turns an index into the text into line and column. */
export function placesOf(text: string): (index: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (index) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: index - (starts[low] ?? 0) + 1 };
  };
}

/** What cannot be read, with its place in message and evidence. */
export function unreadable(code: string, { line, column }: Place, found: string, remedy: string): IngotError {
  return new IngotError(code, `Answer file, line ${line}, column ${column}: ${found}`, {
    remedy,
    evidence: [`line: ${line}`, `column: ${column}`],
  });
}
