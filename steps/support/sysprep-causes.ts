import { sysprepCauses } from './sysprep-cause-table.ts';

/** Why Sysprep failed, as a line of its logs tells it. */
export interface SysprepCause {
  /** Stable name, such as `appx`. */
  readonly id: string;
  /** What the line of setuperr.log or setupact.log has: words of Windows', the same in all languages. */
  readonly line: RegExp;
  readonly cause: string;
  /** What to do; `$1`, `$2`: what the groups of `line` found. */
  readonly remedy: string;
  /** Where line, cause and remedy were read. */
  readonly source: string;
}

/** A cause with its remedy in words for this very line. */
export interface FoundCause extends Pick<SysprepCause, 'id' | 'cause' | 'remedy' | 'source'> {
  /** The line that told it. */
  readonly evidence: string;
}

/**
 * The first cause that the lines tell: the earliest line counts, since Sysprep goes on logging what follows from it. Of
 * causes that fit the same line the more special one stands first in the table. Undefined where none is known.
 */
export function sysprepCause(lines: readonly string[]): FoundCause | undefined {
  for (const evidence of lines) {
    for (const { id, line, cause, remedy, source } of sysprepCauses) {
      const found = line.exec(evidence);
      if (found === null) continue;
      const words = remedy.replace(/\$(\d)/g, (_, group: string) => found[Number(group)] ?? '');
      return { id, cause, remedy: words, source, evidence };
    }
  }
  return undefined;
}
