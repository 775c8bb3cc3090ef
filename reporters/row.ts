import type { Failure } from '../common/failure.ts';
import type { BuildEvent } from '../pipeline/events.ts';
import { Meter } from './meter.ts';
import type { Paint, Style } from './style.ts';
import { dateTime, duration, oneLine, wrap } from './text.ts';

/** What a row needs of its place on the screen. */
export interface Place {
  title: string | undefined;
  output: string | undefined;
  skip(message: string): void;
}

type End =
  | { readonly kind: 'done' | 'skipped'; readonly line: string }
  | { readonly kind: 'failed'; readonly line: string; readonly failure: Failure };

const timeWidth = 9;

/** One step on the screen: a line with its time, and below it what it is doing while it runs. */
export class Row {
  readonly #title: string;
  readonly #column: number;
  readonly #width: number;
  readonly #style: Style;
  readonly #meter = new Meter();
  readonly #begun = Promise.withResolvers<boolean>();
  readonly #over = Promise.withResolvers<End>();
  readonly #warnings: string[] = [];
  #place: Place | undefined;
  #startedAt: number | undefined;
  #attempt = 1;
  #detail = '';
  #progress = false;

  constructor(title: string, column: number, width: number, style: Style) {
    this.#title = oneLine(title);
    this.#column = column;
    this.#width = width;
    this.#style = style;
  }

  /** Resolves when the step is reached (true) or never will be (false). */
  get begun(): Promise<boolean> {
    return this.#begun.promise;
  }

  /** Takes its place, and resolves when the step is over; rejects for a failed one. */
  async attach(place: Place): Promise<void> {
    this.#place = place;
    this.draw();
    const end = await this.#over.promise;
    this.#place = undefined;
    const line = [end.line, ...this.#warningLines()].join('\n');
    if (end.kind === 'skipped') place.skip(line);
    else place.title = line;
    if (end.kind === 'failed') throw new Error(end.failure.message);
  }

  see(event: BuildEvent): void {
    const { red, dim, yellow } = this.#style;
    switch (event.type) {
      case 'step-started':
        this.#startedAt ??= Date.parse(event.at);
        this.#attempt = event.attempt;
        break;
      case 'step-progress':
        this.#progress = true;
        this.#detail = this.#meter.describe(event);
        break;
      case 'step-log':
        if (!this.#progress) this.#detail = oneLine(event.message);
        break;
      case 'warning':
        this.#warnings.push(oneLine(event.message));
        break;
      case 'step-retry':
        this.#detail = `again in ${duration(event.delayMs)}: ${oneLine(event.failure.message)}`;
        break;
      case 'step-finished':
        this.#end('done', this.#line(duration(event.ms), dim(told(event.proof))));
        break;
      case 'step-cached':
        this.#end('done', dim(this.#line('cached', `finished ${dateTime(event.finishedAt)}`)));
        break;
      case 'step-skipped':
        this.#end('skipped', dim(this.#line('', oneLine(event.reason))));
        break;
      case 'step-failed': {
        const line = this.#line(duration(event.ms), red(oneLine(event.failure.message)), red);
        this.#over.resolve({ kind: 'failed', line, failure: event.failure });
        break;
      }
      case 'step-cancelled':
        this.#end('skipped', this.#line(duration(event.ms), yellow('stopped')));
        break;
    }
    this.#begun.resolve(true);
  }

  /** Nothing more will come: a step that was never reached leaves the screen. */
  giveUp(): void {
    this.#begun.resolve(false);
    this.#end('skipped', this.#style.dim(this.#line('', 'not over')));
  }

  /** Brings the time and what it is doing up to date. */
  draw(): void {
    if (this.#place === undefined) return;
    const title = this.title();
    if (this.#place.title !== title) this.#place.title = title;
    if (this.#detail !== '' && this.#place.output !== this.#detail) this.#place.output = this.#detail;
  }

  /** The line of a step that waits or runs. */
  title(): string {
    if (this.#startedAt === undefined) return this.#style.dim(this.#title);
    const tries = this.#attempt > 1 ? this.#style.yellow(`try ${this.#attempt}`) : '';
    const line = this.#line(duration(Date.now() - this.#startedAt), tries);
    return [line, ...this.#warningLines()].join('\n');
  }

  #end(kind: 'done' | 'skipped', line: string): void {
    this.#over.resolve({ kind, line });
  }

  /** Title, time and the rest in columns; the tree cuts what is too long for the screen. */
  #line(time: string, rest: string, paint: Paint = (text) => text): string {
    const column = this.#column;
    const title = this.#title.length > column ? `${this.#title.slice(0, column - 1)}…` : this.#title.padEnd(column);
    return `${paint(title)} ${this.#style.dim(time.padStart(timeWidth))}  ${rest}`;
  }

  #warningLines(): string[] {
    const room = this.#width - 8;
    return this.#warnings.flatMap((text) => wrap(`! ${text}`, room)).map((line) => this.#style.yellow(line));
  }
}

function told(proof: readonly string[]): string {
  return proof.map(oneLine).join('; ');
}
