import type { BuildEventOf } from '../pipeline/events.ts';
import { Meter } from './meter.ts';

/** A new message is told at once, but not sooner than this after the last; the same one again only much later. */
const newAfterMs = 1_000;
const sameAfterMs = 15_000;

/** Thins out progress for a log: decides what is worth a line. Goes by the events' own times. */
export class Said {
  readonly #last = new Map<string, { readonly message: string; readonly at: number }>();
  readonly #meters = new Map<string, Meter>();

  /** The line for this progress, or nothing if it can be left out. */
  next(event: BuildEventOf<'step-progress'>): string | undefined {
    const meter = this.#meters.get(event.step) ?? new Meter();
    this.#meters.set(event.step, meter);
    const text = meter.describe(event);
    const at = Date.parse(event.at);
    const last = this.#last.get(event.step);
    if (last !== undefined && at - last.at < (event.message === last.message ? sameAfterMs : newAfterMs)) return;
    this.#last.set(event.step, { message: event.message, at });
    return text;
  }
}
