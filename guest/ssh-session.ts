import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { algorithmsFor } from './algorithms.ts';
import type { Identity } from './identity.ts';
import { isPinned, type PublicKey } from './public-key.ts';
import { orAborted } from './wait.ts';

export interface Login {
  readonly username: string;
  readonly identity: Identity;
  /** The host keys that may answer. */
  readonly hostKeys: readonly PublicKey[];
  /** Milliseconds without a byte from the other side after which the connection is taken for lost. */
  readonly silenceMs: number;
}

export interface LoginOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for the handshake and the login. */
  readonly timeoutMs: number;
}

/** An SSH connection that is up, until `lost` is aborted (its reason is the cause). */
export interface SshSession {
  readonly client: Client;
  readonly lost: AbortSignal;
  /** Holds what is sent in this turn of the event loop together: see `gatherer`. */
  gather(): void;
  /** Says goodbye and ends it. */
  close(): void;
}

/** Why there is no session. `level` is ssh2's word for how far it came; its messages are for people only. */
export class LoginFailure extends Error {
  readonly level: string | undefined;
  /** The host key that was shown and is none of the pinned ones. */
  readonly wrongHostKey: Buffer | undefined;

  constructor(cause: unknown, wrongHostKey: Buffer | undefined) {
    super('no SSH session', { cause });
    this.level = cause instanceof Error && 'level' in cause ? String(cause.level) : undefined;
    this.wrongHostKey = wrongHostKey;
  }
}

/** Questions unanswered before the silence is believed. */
const QUESTIONS = 6;
/** A goodbye that nobody takes keeps a process from ending for no longer than this. */
const GOODBYE_MS = 1000;

/**
 * SSH over a stream that is connected: host key checked against the pinned ones before anything secret is sent, login by
 * key, keep-alive. Takes over the stream. Rejects with LoginFailure or the signal's reason.
 */
export async function openSession(stream: Duplex, login: Login, options: LoginOptions): Promise<SshSession> {
  const { default: ssh2 } = await import('ssh2');
  const client = new ssh2.Client();
  stream.on('error', () => {}); // ssh2 listens too; but only once it has begun, and not for ever.
  const lost = new AbortController();
  const late = AbortSignal.timeout(Math.max(1, Math.ceil(options.timeoutMs)));
  let shown: Buffer | undefined;
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  const fail = (cause: unknown) => {
    ready.reject(cause);
    lost.abort(cause);
    client.destroy();
    stream.destroy(); // ssh2 leaves one alone that is closed on one side.
  };
  client.on('ready', () => ready.resolve());
  client.on('error', fail);
  client.on('close', () => fail(new Error('the connection was closed by the other side')));
  try {
    options.signal.throwIfAborted();
    if (stream.destroyed) throw new Error('the connection was closed by the other side');
    client.connect({
      sock: stream,
      username: login.username,
      // Key authentication only: no `none` first (it counts as a try), no password, no keyboard.
      authHandler: [login.identity.method(login.username)],
      algorithms: algorithmsFor(login.hostKeys),
      hostVerifier: (key: Buffer) => {
        shown = key;
        return isPinned(key, login.hostKeys);
      },
      // Its own limits are off: those here count what comes in, and not only answers.
      readyTimeout: 0,
      keepaliveInterval: Math.ceil(login.silenceMs / QUESTIONS),
      keepaliveCountMax: Number.MAX_SAFE_INTEGER,
    });
    await orAborted(ready.promise, options.signal, late);
  } catch (error) {
    const cause = late.aborted && error === late.reason ? new Error('no answer in time') : error;
    fail(cause);
    options.signal.throwIfAborted();
    throw new LoginFailure(cause, shown !== undefined && !isPinned(shown, login.hostKeys) ? shown : undefined);
  }
  watch(stream, login.silenceMs, lost.signal, fail);
  const gather = gatherer(stream);
  // What is sent in answer, such as all that waited for a larger window.
  stream.prependListener('data', gather);
  return {
    client,
    lost: lost.signal,
    gather,
    close() {
      client.end();
      setTimeout(() => fail(new Error('the connection was closed')), GOODBYE_MS).unref();
    },
  };
}

/**
 * ssh2 writes each packet of 32 KiB in three pieces, which without Nagle's algorithm are three segments and three calls of
 * the system. Those of one turn of the event loop leave together.
 */
function gatherer(stream: Duplex): () => void {
  let held = false;
  const release = () => {
    held = false;
    stream.uncork();
  };
  return () => {
    if (held) return;
    held = true;
    stream.cork();
    process.nextTick(release);
  };
}

/** Counts what comes in, in steps, so that a process that was stopped for an hour does not take itself for the silence. */
function watch(stream: Duplex, silenceMs: number, lost: AbortSignal, fail: (cause: Error) => void): void {
  let silent = 0;
  const heard = () => {
    silent = 0;
  };
  stream.on('data', heard);
  const timer = setInterval(() => {
    silent += 1;
    if (silent > QUESTIONS) fail(new Error(`nothing came from the other side for ${silenceMs / 1000} s`));
  }, silenceMs / QUESTIONS);
  lost.addEventListener('abort', () => {
    clearInterval(timer);
    stream.off('data', heard);
  });
}
