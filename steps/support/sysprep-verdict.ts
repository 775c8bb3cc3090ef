import { IngotError } from '../../common/failure.ts';
import type { SysprepReport } from '../../guest/reports.ts';
import { sysprepCause } from './sysprep-causes.ts';
import type { SysprepVerdict } from './sysprep-run.ts';

export const sealedState = 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE';

/** The last word of the task, for whoever waited for another. */
export function lastWord(report: SysprepReport | undefined): string {
  if (report === undefined) return 'nothing from the task';
  return report.state === 'running' ? report.message : `${report.state}, ${report.imageState}`;
}

/** The VM is off, and nothing says what Sysprep came to: power-off is no proof. */
export function noVerdict(report: SysprepReport | undefined): IngotError {
  return new IngotError('sysprep.no-verdict', 'expected a verdict of Sysprep, found the VM powered off without one', {
    evidence: [`last: ${lastWord(report)}`],
    remedy:
      'the VM was powered off from outside or Windows crashed: build again; the clone is made anew from the master',
  });
}

/** Sysprep did not seal: with the cause where the logs tell a known one. */
export function notSealed(verdict: SysprepVerdict): IngotError {
  const { imageState, tag, errors } = verdict;
  const found = sysprepCause(errors);
  const whole = imageState === sealedState && tag;
  const message = whole
    ? `expected setuperr.log without lines that are not known as harmless, found ${errors.length}`
    : `expected ${sealedState}, found ${imageState} (tag: ${tag})`;
  const unknown = whole
    ? 'Windows says that it is sealed, but these lines are not known: where they are harmless in your image, add a part of each that does not change to `windows.sysprep.ignoreErrors`; otherwise mend what they tell; build again, only the clone is made anew'
    : 'look for the first of these lines, and into the whole logs (diagnostics): mend it in a step of your own and build again, only the clone is made anew';
  return new IngotError('sysprep.failed', found === undefined ? message : `${message}: ${found.cause}`, {
    evidence: [...errors, ...(found === undefined ? [] : [`known cause: ${found.id} (${found.source})`])],
    remedy: found === undefined ? unknown : `${found.remedy}; build again, only the clone is made anew`,
  });
}
