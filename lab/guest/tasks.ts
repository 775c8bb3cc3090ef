import { EventEmitter, once } from 'node:events';

/** Scheduled tasks of one boot: they need nobody who is logged on, and end with Windows. */
export class Tasks {
  readonly #running = new Set<string>();
  readonly #visitors = new Map<string, number>();
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #ended = new AbortController();

  /** Aborted when Windows goes down: nothing of a task happens after it. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  isRunning(name: string): boolean {
    return this.#running.has(name) && !this.#ended.signal.aborted;
  }

  start(name: string, work: () => Promise<void>): void {
    this.#running.add(name);
    work()
      .catch(() => {}) // ended with Windows, or killed
      .finally(() => {
        this.#running.delete(name);
        this.tell(name);
      });
  }

  /** Something of the task has changed: its files, its end. */
  tell(name: string): void {
    this.#events.emit(name);
  }

  /** Resolves at the next change. */
  async changed(name: string): Promise<void> {
    await once(this.#events, name, { signal: this.#ended.signal });
  }

  /** Somebody asks for the task. */
  visit(name: string): void {
    this.#visitors.set(name, (this.#visitors.get(name) ?? 0) + 1);
    this.tell(name);
  }

  /** Resolves once so many have asked for it. */
  async visited(name: string, times: number): Promise<void> {
    while ((this.#visitors.get(name) ?? 0) < times) await this.changed(name);
  }

  /** Windows goes down. */
  end(): void {
    this.#ended.abort();
    this.#events.removeAllListeners();
  }
}
