import { createHmac } from 'node:crypto';
import { GuestError } from './errors.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';
import { type Address, at } from './route.ts';

/**
 * The keys that a known_hosts file has for a host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): names with wildcards and
 * negation, `[host]:port`, hashed names; a revoked key does not count, certificates' authorities neither.
 * `guest.known-hosts` when there is none; a line that cannot be read is passed over, as OpenSSH does it.
 */
export function knownHostKeys(text: string, host: Address): PublicKey[] {
  // Other than for port 22, OpenSSH looks for `[host]:port` only.
  const name = (host.port === 22 ? host.host : `[${host.host}]:${host.port}`).toLowerCase();
  const keys = new Map<string, PublicKey>();
  const revoked = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    const [, marker, names = '', rest = ''] = /^\s*(?:(@\S+)\s+)?([^\s#@]\S*)\s+(.*)$/.exec(line) ?? [];
    if (!matches(names, name)) continue;
    const key = parsed(rest);
    if (key === undefined) continue;
    if (marker === '@revoked') revoked.add(key.base64);
    else if (marker === undefined) keys.set(key.base64, key);
  }
  const good = [...keys.values()].filter((key) => !revoked.has(key.base64));
  if (good.length > 0) return good;
  throw new GuestError('guest.known-hosts', `Expected a key of ${at(host)} in the known_hosts file, found none.`, {
    bastion: true,
    remedy: `Add it with: ssh-keyscan -p ${host.port} ${host.host}, after its fingerprint was compared with the real one.`,
  });
}

function parsed(line: string): PublicKey | undefined {
  try {
    return parsePublicKey(line);
  } catch {
    return undefined;
  }
}

function matches(names: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|(.+)$/.exec(names) ?? [];
  if (salt !== undefined) {
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let found = false;
  for (const pattern of names.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!like(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function like(pattern: string, name: string): boolean {
  const parts = pattern
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${parts}$`).test(name);
}
