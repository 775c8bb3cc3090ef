import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { messageOf, orAborted } from './wait.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Attempt {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** How a guest is reached: directly, or through a bastion. */
export interface Route {
  /** A stream to the address; rejects with GuestError, or with Unreached when nothing answers there. */
  open(address: Address, attempt: Attempt): Promise<Duplex>;
  /** `the bastion HOST:PORT`; undefined when there is none in between. */
  readonly bastion: string | undefined;
  close(): void;
}

/** No TCP connection to the address; the message says why. */
export class Unreached extends Error {}

export const direct: Route = {
  bastion: undefined,
  open: openTcp,
  close() {},
};

/** A TCP connection, without Nagle's delay: SSH's small packets would wait for each other's acknowledgement. */
export async function openTcp(address: Address, { signal, timeoutMs }: Attempt): Promise<Duplex> {
  signal.throwIfAborted();
  const late = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
  const socket = connect({ ...address, noDelay: true });
  const connected = Promise.withResolvers<void>();
  socket.once('connect', connected.resolve);
  socket.on('error', connected.reject);
  try {
    await orAborted(connected.promise, signal, late);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw new Unreached(late.aborted && error === late.reason ? 'no answer in time' : messageOf(error), {
      cause: error,
    });
  }
  return socket; // Its listener for errors stays: who takes the socket over may listen a moment later.
}

/** ` through the bastion HOST:PORT`, for messages; empty without one. */
export function through(route: Route): string {
  return route.bastion === undefined ? '' : ` through ${route.bastion}`;
}

export function at(address: Address): string {
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}
