import { isUnfound } from './failure-domains.ts';
import type { Part, Preparation } from './preparation.ts';

/**
 * What of one place cannot be looked up hides no other: it is told, with what to do about it, and the others are read.
 *
 * @param what the object as the image file names it
 */
export async function orUnfound(
  part: Part,
  what: string,
  work: () => Promise<readonly Preparation[]>,
): Promise<readonly Preparation[]> {
  try {
    return await work();
  } catch (error) {
    if (!isUnfound(error)) throw error;
    return [
      {
        part,
        object: what,
        what: 'not found',
        state: 'manual',
        found: error.message,
        wanted: 'an object of that name',
        explain: (error.evidence ?? []).join('; '),
        steps: error.remedy === undefined ? [] : [error.remedy],
      },
    ];
  }
}
