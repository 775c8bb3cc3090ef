import { z } from 'zod';
import type { Image } from '../../image/index.ts';
import { changeOf } from './change.ts';
import type { KnownFailures } from './known-failures.ts';

export const defenderChange = changeOf(
  z.object({
    present: z.boolean(),
    running: z.boolean(),
    tamperProtected: z.boolean(),
    hidden: z.boolean(),
    paths: z.array(z.string()),
    processes: z.array(z.string()),
    extensions: z.array(z.string()),
  }),
);
export type DefenderState = z.infer<typeof defenderChange>['before'];

export const defenderFailures: KnownFailures = {
  'defender.hidden': {
    code: 'defender.hidden',
    message: 'expected to read the exclusions of Defender, found that a policy hides them from administrators',
    remedy: 'take the policy HideExclusionsFromLocalAdmins from the image, or set the exclusions by policy instead',
  },
};

const KINDS = ['paths', 'processes', 'extensions'] as const;
export type Exclusions = Record<(typeof KINDS)[number], string[]>;

/** What the image file excludes; extensions without their dot, in which Defender takes them too. */
export function exclusionsOf({ defender: { exclusions } }: Image): Exclusions {
  return {
    paths: [...exclusions.paths],
    processes: [...exclusions.processes],
    extensions: exclusions.extensions.map((extension) => extension.replace(/^\./, '')),
  };
}

export function hasExclusions(image: Image): boolean {
  return KINDS.some((kind) => image.defender.exclusions[kind].length > 0);
}

/** Those of the exclusions that Defender has, as lines; Windows compares them without regard to case. */
export function held(exclusions: Exclusions, state: DefenderState): string[] {
  return KINDS.flatMap((kind) => {
    const plain = (one: string) => (kind === 'extensions' ? one.replace(/^\./, '') : one).toLowerCase();
    const found = new Set(state[kind].map(plain));
    return exclusions[kind].filter((one) => found.has(plain(one))).map((one) => `${kind}: ${one}`);
  });
}

export function countOf(exclusions: Exclusions): number {
  return KINDS.reduce((sum, kind) => sum + exclusions[kind].length, 0);
}

/** Why Defender would not do as it is told. */
export function whyNot(state: DefenderState): string {
  return state.tamperProtected
    ? 'Defender has tamper protection on, which drops changes without a word: turn it off in the policy that turned it on'
    : 'look for a policy of Defender in the image: its exclusions win';
}
