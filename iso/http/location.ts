import { IngotError } from '../../common/failure.ts';

/** Where a file lies on the web. The URL holds no credentials any more. */
export interface HttpLocation {
  readonly url: URL;
  /** For messages: without credentials, and without the query, which may be a signature. */
  readonly name: string;
  /** `Basic …`, of what the URL held before its host. */
  readonly authorization: string | undefined;
}

/**
 * Reads an http or https URL. Plain http is allowed (what is downloaded is held against its SHA-256), but no credentials
 * over it, unless the host is this machine.
 *
 * @throws IngotError `iso.url`
 */
export function parseHttpUrl(text: string, base?: URL): HttpLocation {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    // Not shown as it is: what cannot be read as a URL may hold a password all the same.
    throw new IngotError('iso.url', `expected an https:// or http:// URL, found ${url?.protocol ?? 'no URL'}`, {
      remedy: 'Write the address as a browser takes it: https://HOST/PATH.iso.',
    });
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  const name = shownUrl(url);
  if (username === '' && password === '') return { url, name, authorization: undefined };
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new IngotError('iso.url', `expected https for ${name}, since the URL has credentials; found http`, {
      remedy: 'Use https, or leave the credentials out.',
    });
  }
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { url, name, authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
}

function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
