import type { BaseAgent, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { GuestError } from './errors.ts';
import { type Identity, refuseSha1 } from './identity.ts';
import { fingerprintOf, parsePublicKey } from './public-key.ts';
import { orAborted } from './wait.ts';

export interface AgentOptions {
  /** Path of the agent's socket, or its pipe on Windows; left out: `SSH_AUTH_SOCK`. */
  readonly socket?: string | undefined;
  /** The keys that may log in, each as "type base64", the preferred one first. */
  readonly publicKeys: readonly string[];
}

/** An agent answers at once, unless it asks its user: then for the signature, which has the login's own time. */
const LIST_MS = 10_000;
/** Where Windows' own ssh-agent listens. */
const WINDOWS_PIPE = '\\\\.\\pipe\\openssh-ssh-agent';

/**
 * The first of the wanted keys that an SSH agent holds; no other one is offered to a server. `guest.agent` when there
 * is no agent, or it has none of them; its fingerprints are the evidence.
 */
export async function agentIdentity(options: AgentOptions, signal: AbortSignal): Promise<Identity> {
  const socket = options.socket ?? process.env.SSH_AUTH_SOCK ?? (process.platform === 'win32' ? WINDOWS_PIPE : '');
  if (socket === '') throw noAgent('SSH_AUTH_SOCK to name the socket of an SSH agent', 'that it is not set');
  const { default: ssh2 } = await import('ssh2');
  const agent = ssh2.createAgent(socket);
  const held = await identities(agent, socket, signal);
  for (const line of options.publicKeys) {
    const wanted = parsePublicKey(line);
    const key = held.find((one) => one.getPublicSSH().toString('base64') === wanted.base64);
    if (key !== undefined) return identity(ssh2.BaseAgent, agent, key);
  }
  throw new GuestError(
    'guest.agent',
    `Expected the SSH agent at ${socket} to hold one of the keys that may log in, found ${held.length === 0 ? 'no key' : `${held.length} other keys`}.`,
    {
      evidence: [
        ...options.publicKeys.map(parsePublicKey).map((key) => `wanted: ${key.type} ${fingerprintOf(key.base64)}`),
        ...held.map(
          (key) => `in the agent: ${key.type} ${fingerprintOf(key.getPublicSSH())} ${printable(key.comment)}`,
        ),
      ].slice(0, 60),
      remedy: 'Add the private key with ssh-add PATH, or name it as privateKey in the image file.',
    },
  );
}

async function identities(agent: BaseAgent, socket: string, signal: AbortSignal): Promise<readonly ParsedKey[]> {
  const { default: ssh2 } = await import('ssh2');
  const late = AbortSignal.timeout(LIST_MS);
  const listing = new Promise<readonly ParsedKey[]>((resolve, reject) => {
    agent.getIdentities((error, keys = []) => {
      if (error) return reject(error);
      resolve(
        keys.map((key) => ssh2.utils.parseKey(asKey(key))).filter((key): key is ParsedKey => !(key instanceof Error)),
      );
    });
  });
  try {
    return await orAborted(listing, signal, late);
  } catch (error) {
    signal.throwIfAborted();
    const found = late.aborted ? 'no answer within 10 s' : error instanceof Error ? error.message : String(error);
    throw noAgent(`an SSH agent at ${socket}`, found, error);
  }
}

/** ssh2's own agents hand out parsed keys; its types allow three kinds. */
function asKey(key: ParsedKey | Buffer | string | { readonly pubKey: unknown }): ParsedKey | Buffer | string {
  if (typeof key === 'string' || Buffer.isBuffer(key) || !('pubKey' in key)) return key;
  return '';
}

function identity(Base: typeof BaseAgent, agent: BaseAgent, key: ParsedKey): Identity {
  /** The agent as if it held this one key only. */
  class OneKey extends Base {
    override getIdentities(done: (error: undefined, keys: ParsedKey[]) => void): void {
      done(undefined, [key]);
    }
    override sign(_: unknown, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
      const known = typeof options === 'function' ? {} : options;
      refuseSha1(key.type, known.hash);
      agent.sign(key, data, known, typeof options === 'function' ? options : done);
    }
  }
  return {
    type: key.type,
    publicKey: key.getPublicSSH(),
    method: (username) => ({ type: 'agent', username, agent: new OneKey() }),
  };
}

function noAgent(expected: string, found: string, cause?: unknown): GuestError {
  return new GuestError('guest.agent', `Expected ${expected}, found ${found}.`, {
    cause,
    remedy:
      'Start one with eval "$(ssh-agent)", add the private key with ssh-add PATH, and run ingot from the same shell; ' +
      'or name the key itself as privateKey in the image file.',
  });
}

/** Comments come from whoever added the key. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7E]/g, '?').slice(0, 80);
}
