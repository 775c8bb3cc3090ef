import type { Changes } from './site.ts';

/** How a build with a scenario of lab/scenarios/ has to end. */
export interface Row {
  /** Step and code of its failure; undefined: it is done. */
  readonly fails?: readonly [step: string, code: string];
  readonly remedy?: RegExp;
  /** What must stand among the lines of evidence. */
  readonly evidence?: RegExp;
  /** What a build that is done tells all the same: a warning, or a step that was run again with `step: code`. */
  readonly warning?: RegExp;
  readonly retried?: string;
  /** A line of proof that the fault was overcome: of which step, and what. */
  readonly proof?: readonly [step: string, line: RegExp];
  /** What the image file has to ask for so that the fault strikes, and shorter deadlines where something hangs. */
  readonly changes?: Changes;
}

export type Rows = Readonly<Record<string, Row>>;

/** Another deadline of `timeouts`, where something hangs. */
export const soon = (deadline: string, after: string): Changes => ({ timeouts: { [deadline]: after } });
export const screenshot = /^screenshot: \.ingot\//m;
