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
  #connecting: { readonly live: Promise<LiveConnection>; readonly authTries: number } | undefined;

  constructor(endpoint: Endpoint, onLog: (line: string) => void) {
    this.endpoint = endpoint;
    this.#onLog = onLog;
  }

  /** The connection that is up, or a new one. Concurrent callers share one try. */
  async live(options: ReachOptions): Promise<LiveConnection> {
    if (this.#live !== undefined && !this.#live.lost.aborted) return this.#live;
    const { authTries = AUTH_TRIES } = options;
    while (this.#connecting !== undefined) {
      const { live, authTries: theirs } = this.#connecting;
      try {
        const shared = await orAborted(live, options.signal);
        if (!shared.lost.aborted) return shared;
      } catch (error) {
        options.signal.throwIfAborted();
        // Another caller's try: its deadline and its signal are not ours, but what it was refused for is the same for us.
        const final = error instanceof GuestError && !error.retryable;
        if (final && (error.code !== 'guest.auth' || authTries <= theirs)) throw error;
      }
    }
    const closed = this.#closed;
    const live = this.#reach({ ...options, authTries })
      .then((made) => {
        // Closed while it was made: whoever asked for it finds it lost.
        if (closed !== this.#closed) made.close();
        else this.#live = made;
        return made;
      })
      .finally(() => {
        this.#connecting = undefined;
        if (closed !== this.#closed) this.endpoint.route.close();
      });
    this.#connecting = { live, authTries };
    return live;
  }

  /** Ends the connection; a later call makes a new one. */
  close(): void {
    this.#closed += 1;
    this.#live?.close();
    this.#live = undefined;
    this.endpoint.route.close();
  }

  async #reach({
    signal,
    deadlineMs,
    authTries,
  }: ReachOptions & { readonly authTries: number }): Promise<LiveConnection> {
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
