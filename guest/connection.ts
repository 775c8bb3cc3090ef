import { connectOnce, type Endpoint, type LiveConnection } from './connect.ts';
import { GuestError } from './errors.ts';
import { at, through } from './route.ts';
import { backoffMs, durationText, messageOf, orAborted, pause } from './wait.ts';

/** Tries until a refused key is believed: sshd may answer a moment before the account or the key file is ready. */
const AUTH_TRIES = 3;

export interface ReachOptions {
  readonly signal: AbortSignal;
  /** Milliseconds from now. */
  readonly deadlineMs: number;
  /** Just after a restart, logins may be refused for a while longer. */
  readonly authTries?: number;
}

/** One SSH connection that all work shares; made again when it was lost. */
export class Connection {
  readonly endpoint: Endpoint;
  readonly #onLog: (line: string) => void;
  #live: LiveConnection | undefined;
  /** How often it was closed. */
  #closed = 0;
  #connecting: Promise<LiveConnection> | undefined;

  constructor(endpoint: Endpoint, onLog: (line: string) => void) {
    this.endpoint = endpoint;
    this.#onLog = onLog;
  }

  /** The connection that is up, or a new one. Concurrent callers share one try. */
  async live(options: ReachOptions): Promise<LiveConnection> {
    if (this.#live !== undefined && !this.#live.lost.aborted) return this.#live;
    while (this.#connecting !== undefined) {
      // Another caller's try: its deadline and its signal are not ours, so only its success counts.
      const end = this.#connecting.catch(() => undefined);
      const shared = await orAborted(end, options.signal);
      if (shared !== undefined && !shared.lost.aborted) return shared;
    }
    const closed = this.#closed;
    this.#connecting = this.#reach(options)
      .then((live) => {
        // Closed while it was made: whoever asked for it finds it lost.
        if (closed !== this.#closed) live.close();
        else this.#live = live;
        return live;
      })
      .finally(() => {
        this.#connecting = undefined;
      });
    return this.#connecting;
  }

  /** Ends the connection; a later call makes a new one. */
  close(): void {
    this.#closed += 1;
    this.#live?.close();
    this.#live = undefined;
    this.endpoint.route.close();
  }

  async #reach({ signal, deadlineMs, authTries = AUTH_TRIES }: ReachOptions): Promise<LiveConnection> {
    const endsAt = performance.now() + deadlineMs;
    let refused = 0;
    for (let tries = 0; ; tries++) {
      try {
        const live = await connectOnce(this.endpoint, signal, endsAt - performance.now());
        this.#onLog(`connected to ${at(this.endpoint)}${through(this.endpoint.route)}`);
        return live;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof GuestError)) throw error;
        if (error.code === 'guest.auth') refused += 1;
        if (error.code === 'guest.auth' ? refused >= authTries : !error.retryable) throw error;
        const waitMs = backoffMs(tries);
        if (performance.now() + waitMs >= endsAt) throw gaveUp(error, this.endpoint, deadlineMs, tries + 1);
        await pause(waitMs, signal);
      }
    }
  }
}

function gaveUp(last: GuestError, endpoint: Endpoint, deadlineMs: number, tries: number): GuestError {
  if (!last.retryable) return last;
  const guest = `an SSH server at ${at(endpoint)}${through(endpoint.route)}`;
  const what = last.bastion ? endpoint.route.bastion : guest;
  return new GuestError(
    last.code,
    `Expected ${what} within ${durationText(deadlineMs)}, found none in ${tries} tries. ` +
      `The last one said: ${messageOf(last.cause)}.`,
    {
      cause: last.cause,
      remedy: last.remedy,
      retryable: true,
      unreachable: true,
      timedOut: true,
      bastion: last.bastion,
    },
  );
}
