import { IngotError } from '../common/failure.ts';
import { Problems } from '../common/problems.ts';

/** A fact about a cluster that a command needs and that nothing lets it guess. */
export interface WantedFact<T> {
  readonly value: T | undefined;
  /** Where it stands in the image file: `handover.openshift.clusterName`. */
  readonly field: string;
  /** The flag that says it as well: `--cluster-name NAME`. */
  readonly flag?: string | undefined;
  /** Where it can be read: a command, or where to look. */
  readonly read: string;
}

/** `handover.missing-fact`: what is missing, where it is written down, and what reads it. */
export function missingFact({ field, flag, read }: Omit<WantedFact<unknown>, 'value'>): IngotError {
  return new IngotError('handover.missing-fact', `expected ${field} in the image file, found nothing`, {
    remedy: `read it with: ${read}; write it as ${field}${flag === undefined ? '' : `, or say it with ${flag}`}`,
  });
}

/**
 * The values of all facts, which are there.
 * @throws IngotError `handover.missing-fact`: all missing ones at once
 */
export function requireFacts<T extends Readonly<Record<string, unknown>>>(
  wanted: {
    readonly [Name in keyof T]: WantedFact<T[Name]>;
  },
): T {
  const problems = new Problems();
  const found: Partial<Record<keyof T, T[keyof T]>> = {};
  for (const name in wanted) {
    const { value, ...fact } = wanted[name];
    if (value === undefined) problems.add(missingFact(fact));
    else found[name] = value;
  }
  problems.throwIfAny();
  return found as T;
}
