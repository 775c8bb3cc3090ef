import type { HttpAnswer } from './client.ts';

/** What tells one version of a file on a server from another (RFC 9110, section 8.8). */
export interface FileVersion {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /** Bytes. */
  readonly size: number | undefined;
}

export function versionOf({ headers }: Pick<HttpAnswer, 'headers'>, size: number | undefined): FileVersion {
  return { etag: single(headers.etag), lastModified: single(headers['last-modified']), size };
}

/** Asks for the range only if the file is still this one; a weak ETag says too little for that. */
export function ifRange({ etag, lastModified }: FileVersion): Readonly<Record<string, string>> {
  if (etag !== undefined && !etag.startsWith('W/')) return { 'if-range': etag };
  return lastModified === undefined ? {} : { 'if-range': lastModified };
}

/** What differs, for a message; undefined when the server says nothing that differs. */
export function difference(
  before: FileVersion,
  now: FileVersion,
): { readonly expected: string; readonly found: string } | undefined {
  for (const [what, key] of [
    ['ETag', 'etag'],
    ['size', 'size'],
    ['date', 'lastModified'],
  ] as const) {
    const [expected, found] = [before[key], now[key]];
    if (expected === undefined || found === undefined || expected === found) continue;
    return { expected: `${what} ${expected}`, found: `${what} ${found}` };
  }
  return undefined;
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined;
}
