import type { BuildEventOf } from '../pipeline/events.ts';
import { bytes, duration, oneLine } from './text.ts';

type ProgressEvent = BuildEventOf<'step-progress'>;

/** Over how much time a rate is taken: short enough to follow, long enough not to jump. */
const windowMs = 5_000;
/** A rate of less time than this says nothing; and no rate is replaced by another sooner, so that it can be read. */
const steadyMs = 1_000;

/** Puts one step's progress into words; remembers the last seconds, for the rate and the time left. */
export class Meter {
  #samples: { readonly at: number; readonly done: number }[] = [];
  #of: string | undefined;
  #told: { readonly at: number; readonly rate: number } | undefined;

  describe(event: ProgressEvent): string {
    const { unit, done, total } = event;
    const message = oneLine(event.message);
    if (done === undefined) return message;
    if (unit === 'bytes') return [message, this.#transfer(event, message, done)].filter(Boolean).join(': ');
    if (unit === 'percent') return `${message}, ${Math.round(done)} %`;
    return total === undefined ? `${message}, ${done}` : `${message}, ${done} of ${total}`;
  }

  #transfer(event: ProgressEvent, message: string, done: number): string {
    const { total } = event;
    const rate = this.#rate(Date.parse(event.at), done, message);
    return [
      total === undefined ? bytes(done) : `${bytes(done)} of ${bytes(total)}${percent(done, total)}`,
      rate === undefined ? '' : `${bytes(rate)}/s`,
      rate === undefined || total === undefined || done >= total
        ? ''
        : `${duration(((total - done) / rate) * 1000)} left`,
    ]
      .filter(Boolean)
      .join(', ');
  }

  /** Bytes a second over the window, anew once a second; undefined in the first. */
  #rate(at: number, done: number, of: string): number | undefined {
    const last = this.#samples.at(-1);
    if (of !== this.#of || (last !== undefined && done < last.done)) {
      this.#samples = [];
      this.#told = undefined;
    }
    this.#of = of;
    this.#samples.push({ at, done });
    // The newest sample older than the window stays, so that slow reports still have something to compare with.
    while (this.#samples.length > 2 && at - (this.#samples[1]?.at ?? at) >= windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (this.#told !== undefined && at - this.#told.at < steadyMs) return this.#told.rate;
    if (first === undefined || at - first.at < steadyMs || done <= first.done) return undefined;
    this.#told = { at, rate: ((done - first.done) / (at - first.at)) * 1000 };
    return this.#told.rate;
  }
}

function percent(done: number, total: number): string {
  return total > 0 ? ` (${Math.floor((done / total) * 100)} %)` : '';
}
