import type { Path } from '../image/problem.ts';

/** One rule of a consumer, and whether an image file fits it. */
export interface Fit {
  /** Stable: `windows`, `runtime`, `port-10250`, … */
  readonly rule: string;
  /** `unknown`: the image file does not tell, or nobody has published what is right. */
  readonly state: 'right' | 'wrong' | 'unknown';
  readonly expected: string;
  readonly found: string;
  /** What to do about it; always there if it is wrong. */
  readonly remedy?: string | undefined;
  /** Where in the image file; the nearest section if the field is left out. */
  readonly path?: Path | undefined;
  /** Where the rule was read. */
  readonly source: string;
}

/** A consumer's rules, applied to one image file. */
export interface Fitness {
  /** `openshift:4.9` */
  readonly consumer: string;
  readonly fits: readonly Fit[];
}
