import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const SAMPLE = `${ROOT}images/windows-server-20h2.yaml`;
export const sampleText = readFileSync(SAMPLE, 'utf8');

/** Marks the expected place of a problem in an edit. */
const CARET = '‸';

export interface Edited {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Replaces the one occurrence of `from` in the sample; the caret in `to` is where the problem is expected. */
export function edit(from: string, to: string, text = sampleText): Edited {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`the sample holds ${JSON.stringify(from)} ${parts.length - 1} times`);
  const marked = parts.join(to);
  const before = marked.slice(0, marked.indexOf(CARET)).split('\n');
  if (!marked.includes(CARET)) throw new Error(`no caret in ${JSON.stringify(to)}`);
  return { text: marked.replace(CARET, ''), line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
