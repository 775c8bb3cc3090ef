import assert from 'node:assert/strict';
import { after } from 'node:test';
import { connectGuest, type Guest, GuestError, type GuestOptions } from '../../guest/index.ts';
import type { Sshd } from './sshd.ts';

/** A signal that is never aborted, with a limit for tests that hang. */
export function patience(ms = 30_000): AbortSignal {
  return AbortSignal.timeout(ms);
}

// A test that fails half way must not keep its process from ending.
const opened = new Set<Guest>();
after(() => {
  for (const guest of opened) guest.close();
});

export async function login(sshd: Sshd, more: Partial<GuestOptions> = {}): Promise<Guest> {
  const guest = await connectGuest({
    host: '127.0.0.1',
    port: sshd.port,
    username: sshd.username,
    privateKey: sshd.login.privateKey,
    hostKeys: sshd.hostKeys,
    signal: patience(),
    deadlineMs: 15_000,
    sftpRoot: sshd.root,
    ...more,
  });
  opened.add(guest);
  return guest;
}

/** Rejects with a GuestError of this code, which is returned. */
export async function failsWith(code: string, work: Promise<unknown>): Promise<GuestError> {
  let failure: unknown;
  try {
    await work;
  } catch (error) {
    failure = error;
  }
  assert.ok(failure instanceof GuestError, `expected a GuestError ${code}, found ${String(failure)}`);
  assert.equal(failure.code, code, failure.message);
  return failure;
}
