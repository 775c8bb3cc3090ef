import type { RestAddress } from './rest.ts';

/** A resource of the tagging API: `/cis/tagging/tag`. `/rest` is the same API of before 7.0 U2. */
export function resource(api: string): RestAddress {
  return { api, rest: `/com/vmware${api}` };
}

/** One of them by its id, with an action. */
export function one({ api, rest }: RestAddress, id: string, action = ''): RestAddress {
  // Ids are URNs; other clients leave their colons as they are, so vCenter is known to take them.
  const escaped = encodeURIComponent(id).replaceAll('%3A', ':');
  return { api: `${api}/${escaped}${query(action, '')}`, rest: `${rest}/id:${escaped}${query(action, '~')}` };
}

/** All of them, with an action. */
export function all({ api, rest }: RestAddress, action: string): RestAddress {
  return { api: api + query(action, ''), rest: rest + query(action, '~') };
}

function query(action: string, prefix: string): string {
  return action === '' ? '' : `?${prefix}action=${action}`;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function strings(value: unknown): readonly string[] {
  return list(value).filter((item): item is string => typeof item === 'string');
}
