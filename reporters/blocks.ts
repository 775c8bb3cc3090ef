import type { Grouping } from './groups.ts';

/**
 * Keeps together in the log what belongs to one step, while steps run side by side. One step is at the front and its
 * lines are written as they come; the lines of others are held until they are over, and then written in one piece,
 * or until they come to the front.
 */
export class Blocks {
  readonly #held = new Map<string, string[]>();
  readonly #titles = new Map<string, string>();
  readonly #grouping: Grouping;
  readonly #write: (line: string) => void;
  #front: string | undefined;
  #open: string | undefined;

  constructor(grouping: Grouping, write: (line: string) => void) {
    this.#grouping = grouping;
    this.#write = write;
  }

  title(step: string, title: string): void {
    this.#titles.set(step, title);
  }

  /** A line of a step; `at` is the event's time. */
  line(step: string, text: string, at: string): void {
    this.#front ??= step;
    if (step === this.#front) this.#put(step, [text], at);
    else this.#held.set(step, [...(this.#held.get(step) ?? []), text]);
  }

  /** The step is over: nothing more will come of it. */
  end(step: string, at: string): void {
    this.#flush(step, at);
    if (this.#front !== step) return;
    const [next] = this.#held.keys();
    this.#front = next;
    if (next !== undefined) this.#flush(next, at);
  }

  /** Writes all that is held, and closes the group. */
  finish(at: string): void {
    for (const step of [...this.#held.keys()]) this.#flush(step, at);
    this.#close(at);
    this.#front = undefined;
  }

  #flush(step: string, at: string): void {
    const lines = this.#held.get(step) ?? [];
    this.#held.delete(step);
    if (lines.length > 0) this.#put(step, lines, at);
  }

  #put(step: string, lines: readonly string[], at: string): void {
    if (this.#open !== step) {
      this.#close(at);
      for (const line of this.#grouping.open(step, this.#titles.get(step) ?? step, at)) this.#write(line);
      this.#open = step;
    }
    for (const line of lines) this.#write(this.#grouping.line(line));
  }

  #close(at: string): void {
    if (this.#open === undefined) return;
    for (const line of this.#grouping.close(this.#open, at)) this.#write(line);
    this.#open = undefined;
  }
}
