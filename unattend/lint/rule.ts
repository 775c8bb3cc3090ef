import type { AnswerFile } from '../model.ts';
import type { Spot } from './spots.ts';

export type Severity = 'error' | 'warning';

/** One finding: a type alias, so that it is plain JSON. */
export type Finding = {
  /** Code of the rule, such as `unattend.computer-name`. */
  readonly code: string;
  readonly severity: Severity;
  /** What was expected and what was found. */
  readonly message: string;
  readonly remedy: string;
  /** Pass, component and settings, separated by `/`. */
  readonly path: string;
  /** null for a file that was not parsed. */
  readonly place: { readonly line: number; readonly column: number } | null;
};

/** What is known beside the file. What is left out is taken from the file where it tells. */
export interface LintContext {
  /** Firmware of the VM; left out: the disk layout decides. */
  readonly firmware?: 'efi' | 'bios' | undefined;
  /** Who reads the file; left out: Setup if it has a windowsPE pass, otherwise Sysprep. */
  readonly use?: 'install' | 'sysprep' | undefined;
  /** Windows Server version, such as `2022`; left out: what the name of the image tells. */
  readonly version?: string | undefined;
  /** `Standard` or `Datacenter`; left out: what the name of the image tells. */
  readonly edition?: string | undefined;
  /** The media are for evaluation; left out: what the name of the image tells. */
  readonly evaluation?: boolean | undefined;
  /** Languages that the media hold, such as `en-US`; left out: not checked. */
  readonly languages?: readonly string[] | undefined;
}

/**
 * A wrong and a right form, both used as tests: below `at` (`pass/component`), or below the root where `at` is left
 * out.
 */
export interface Example {
  readonly at?: string;
  readonly bad: string;
  readonly good: string;
  readonly context?: LintContext;
}

/** What a rule tells of one place. */
export interface Remark {
  readonly spot: Spot;
  /** “expected …, found …”. */
  readonly message: string;
}

/** One rule. Its texts are also its documentation (docs/lint.md). */
export interface Rule {
  readonly code: string;
  /** error: Windows stops, asks, or does not do what the file says; warning: it works, and is still unwise. */
  readonly severity: Severity;
  /** What must hold, as one sentence. */
  readonly title: string;
  /** What happens otherwise, and who says so. */
  readonly why: string;
  readonly remedy: string;
  readonly example: Example;
  /** Tells what does not hold. */
  check(file: AnswerFile, context: LintContext): Iterable<Remark>;
}
