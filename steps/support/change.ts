import { z } from 'zod';

/**
 * What a script that changes Windows returns (docs/guest-contract.md): whether it changed anything (with `-Test`: whether a
 * run would), the state before and after, whether Windows wants a restart for it, and lines that prove it.
 */
export function changeOf<State extends z.ZodType>(state: State) {
  return z.object({
    changed: z.boolean(),
    before: state,
    after: state,
    rebootRequired: z.boolean(),
    evidence: z.array(z.string()),
  });
}
