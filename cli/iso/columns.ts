import type { Paint } from '../../reporters/style.ts';

/** Rows as text with all cells of a column equally wide, two blanks apart; numbers to the right. */
export function columns(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => (right.has(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** Lines below a heading, the first of them the names of the columns. */
export function table(rows: readonly (readonly string[])[], heading: Paint, right?: ReadonlySet<number>): string[] {
  const [head = '', ...body] = columns(rows, right);
  return [heading(head), ...body];
}
