import type { BuildEvent, BuildEventOf, PlannedStep } from '../pipeline/events.ts';

/** What a reporter must remember of a build to tell its end. */
export class Tally {
  name = '';
  build = '';
  steps: readonly PlannedStep[] = [];
  failed: BuildEventOf<'step-failed'> | undefined;
  /** Warnings that belong to no step: told at the end, where they are not lost. */
  readonly warnings: string[] = [];
  readonly counts = { finished: 0, cached: 0, skipped: 0, failed: 0, cancelled: 0 };

  see(event: BuildEvent): void {
    switch (event.type) {
      case 'build-started':
        this.name = event.name;
        this.build = event.build;
        this.steps = event.steps;
        break;
      case 'warning':
        if (event.step === undefined) this.warnings.push(event.message);
        break;
      case 'step-finished':
        this.counts.finished++;
        break;
      case 'step-cached':
        this.counts.cached++;
        break;
      case 'step-skipped':
        this.counts.skipped++;
        break;
      case 'step-failed':
        this.counts.failed++;
        this.failed ??= event;
        break;
      case 'step-cancelled':
        this.counts.cancelled++;
        break;
    }
  }

  /** Steps that are over, whichever way. */
  get over(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  titleOf(step: string): string {
    return this.steps.find(({ id }) => id === step)?.title ?? step;
  }
}
