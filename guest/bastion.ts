import type { Duplex } from 'node:stream';
import { openFailure } from './channels.ts';
import { loginError } from './connect-errors.ts';
import { GuestError } from './errors.ts';
import { type Address, type Attempt, at, openTcp, type Route, Unreached } from './route.ts';
import { type Login, LoginFailure, openSession, type SshSession } from './ssh-session.ts';
import { messageOf, orAborted } from './wait.ts';

export interface BastionEndpoint extends Address, Login {}

/** RFC 4254, section 5.1. */
const PROHIBITED = 1;

/**
 * A jump host: one connection to it, made when it is needed and again when it was lost, and through it one forwarded TCP
 * channel (direct-tcpip) for each connection to the guest. It sees SSH between ingot and the guest, and not what is in it.
 */
export class Bastion implements Route {
  readonly bastion: string;
  readonly #endpoint: BastionEndpoint;
  #session: SshSession | undefined;

  constructor(endpoint: BastionEndpoint) {
    this.#endpoint = endpoint;
    this.bastion = `the bastion ${at(endpoint)}`;
  }

  async open(address: Address, attempt: Attempt): Promise<Duplex> {
    const endsAt = performance.now() + attempt.timeoutMs;
    const session = await this.#live(attempt);
    const late = AbortSignal.timeout(Math.max(1, Math.ceil(endsAt - performance.now())));
    const opening = Promise.withResolvers<Duplex>();
    try {
      session.client.forwardOut('127.0.0.1', 0, address.host, address.port, (error, channel) =>
        error === undefined ? opening.resolve(channel) : opening.reject(error),
      );
      return await orAborted(opening.promise, attempt.signal, session.lost, late);
    } catch (error) {
      opening.promise.then((channel) => channel.destroy()).catch(() => {});
      attempt.signal.throwIfAborted();
      if (session.lost.aborted) throw unreachable(this.#endpoint, session.lost.reason);
      const reason = openFailure(error);
      if (reason === PROHIBITED) throw forwardingRefused(this.#endpoint, address, error);
      const found = late.aborted && error === late.reason ? 'no answer in time' : messageOf(error);
      throw new Unreached(`${this.bastion} reports: ${found}`, { cause: error });
    }
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  async #live(attempt: Attempt): Promise<SshSession> {
    if (this.#session !== undefined && !this.#session.lost.aborted) return this.#session;
    const endsAt = performance.now() + attempt.timeoutMs;
    const endpoint = this.#endpoint;
    try {
      const stream = await openTcp(endpoint, attempt);
      const options = { signal: attempt.signal, timeoutMs: endsAt - performance.now() };
      this.#session = await openSession(stream, endpoint, options);
      return this.#session;
    } catch (error) {
      attempt.signal.throwIfAborted();
      if (error instanceof LoginFailure) {
        throw loginError('bastion', endpoint, error) ?? unreachable(endpoint, error.cause);
      }
      throw unreachable(endpoint, error);
    }
  }
}

function unreachable(endpoint: Address, cause: unknown): GuestError {
  return new GuestError(
    'guest.bastion-unreachable',
    `Expected the bastion at ${at(endpoint)}, found: ${messageOf(cause)}.`,
    {
      cause,
      retryable: true,
      unreachable: true,
      bastion: true,
      remedy: 'Check openssh.bastion.host and port, and that the machine that runs ingot reaches them.',
    },
  );
}

function forwardingRefused(endpoint: Address, address: Address, cause: unknown): GuestError {
  return new GuestError(
    'guest.bastion-forwarding',
    `Expected the bastion at ${at(endpoint)} to forward a TCP connection to ${at(address)}, found it prohibited.`,
    {
      cause,
      bastion: true,
      remedy:
        'Allow it in sshd_config of the bastion: AllowTcpForwarding yes (or local), DisableForwarding no, and PermitOpen ' +
        'with that address; and in its authorized_keys no option that restricts the key.',
    },
  );
}
