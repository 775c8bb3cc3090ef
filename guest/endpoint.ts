import { type AgentOptions, agentIdentity } from './agent.ts';
import type { Endpoint } from './connect.ts';
import { GuestError } from './errors.ts';
import type { GuestOptions } from './guest.ts';
import type { Identity } from './identity.ts';
import { readPrivateKey } from './private-key.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';
import { at, direct, type Route } from './route.ts';

export interface BastionOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Neither this nor `agent`: the key of the guest. */
  readonly privateKey?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly agent?: AgentOptions | undefined;
  /** The host keys that may answer, each as "type base64". */
  readonly hostKeys?: readonly string[] | undefined;
  /** The text of a known_hosts file, instead of `hostKeys`. */
  readonly knownHosts?: string | undefined;
}

/** Longer than a snapshot stuns a VM. */
const SILENCE_MS = 30_000;

/** Keys read, pins parsed: all that can be wrong before anything is contacted. Rejects as connectGuest says. */
export async function endpointOf(options: GuestOptions): Promise<Endpoint> {
  const { host, port, username = 'Administrator', silenceMs = SILENCE_MS } = options;
  const hostKeys = options.hostKeys.map(parsePublicKey);
  if (hostKeys.length === 0)
    throw new GuestError('guest.host-key', `Expected at least one pinned host key for ${at(options)}, found none.`, {
      remedy: 'The guest publishes its host keys in guestinfo.ingot.bootstrap; wait for that first.',
    });
  const identity = await identityOf(options, options.signal);
  if (identity === undefined) throw ambiguous('neither');
  const route = options.bastion === undefined ? direct : await bastion(options.bastion, identity, options, silenceMs);
  return { host, port, username, hostKeys, identity, silenceMs, route };
}

interface Credentials {
  readonly privateKey?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly agent?: AgentOptions | undefined;
}

async function identityOf(
  { privateKey, passphrase, agent }: Credentials,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  if (privateKey !== undefined && agent !== undefined) throw ambiguous('both');
  if (agent !== undefined) return agentIdentity(agent, signal);
  return privateKey === undefined ? undefined : readPrivateKey(privateKey, passphrase);
}

function ambiguous(found: string): GuestError {
  return new GuestError('guest.private-key', `Expected a private key or an SSH agent, found ${found}.`, {
    remedy: 'Name exactly one of privateKey and agent in the image file.',
  });
}

async function bastion(
  options: BastionOptions,
  ofGuest: Identity,
  { signal }: GuestOptions,
  silenceMs: number,
): Promise<Route> {
  const { host, port, username } = options;
  const [{ Bastion }, hostKeys, own] = await Promise.all([
    import('./bastion.ts'),
    pins(options),
    identityOf(options, signal),
  ]);
  return new Bastion({ host, port, username, hostKeys, identity: own ?? ofGuest, silenceMs });
}

async function pins(options: BastionOptions): Promise<readonly PublicKey[]> {
  if (options.knownHosts !== undefined) {
    const { knownHostKeys } = await import('./known-hosts.ts');
    return knownHostKeys(options.knownHosts, options);
  }
  const keys = (options.hostKeys ?? []).map(parsePublicKey);
  if (keys.length > 0) return keys;
  throw new GuestError(
    'guest.bastion-host-key',
    `Expected a pinned host key for the bastion ${at(options)}, found none.`,
    {
      bastion: true,
      remedy: 'Name openssh.bastion.hostKeys or openssh.bastion.knownHosts in the image file.',
    },
  );
}
