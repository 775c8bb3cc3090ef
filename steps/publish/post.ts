import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { getCACertificates } from 'node:tls';
import { IngotError } from '../../common/failure.ts';

export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** PEM of CAs that are trusted beside the system's roots, for this request only. */
  readonly ca?: string | undefined;
  /** Milliseconds for all tries. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Told why it is tried again. */
  onRetry(message: string): void;
}

const ANSWER_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Posts over verified TLS until the server takes it: 429, 5xx (RFC 9110, section 15.6) and connections that fail are
 * tried again, later and later, or when the server says (Retry-After in seconds). A redirect is not followed: what is
 * signed goes to the host that was named. Returns the status.
 *
 * @throws IngotError `publish.webhook-refused` (another 3xx or 4xx), `publish.webhook-certificate`, `publish.webhook`
 *   (retryable: nothing but failures until the deadline); the signal's reason
 */
export async function post(options: Post): Promise<number> {
  const { url, deadlineMs, signal, onRetry } = options;
  const until = Date.now() + deadlineMs;
  const ca = [...getCACertificates('default'), ...getCACertificates('system'), ...(options.ca ? [options.ca] : [])];
  const failed: string[] = [];
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const left = until - Date.now();
    const timeout = AbortSignal.timeout(Math.max(1, Math.min(ANSWER_MS, left)));
    const answer = await once(options, ca, AbortSignal.any([signal, timeout]));
    signal.throwIfAborted();
    if (answer.status >= 200 && answer.status < 300) return answer.status;
    if (answer.final !== undefined) throw answer.final;
    failed.push(answer.why);
    const wait = Math.max(pauseMs, answer.retryAfterMs);
    if (Date.now() + wait >= until) throw givenUp(url, failed);
    onRetry(`${url.origin}: ${answer.why}; tried again in ${wait / 1000} s`);
    await pause(wait, undefined, { signal });
  }
}

interface Answer {
  /** 0: none. */
  readonly status: number;
  readonly why: string;
  /** The same would happen again. */
  readonly final?: IngotError;
  readonly retryAfterMs: number;
}

function once({ url, headers, body }: Post, ca: string[], signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve) => {
    // A connection of its own: nothing else of this process goes there.
    const sent = request(url, { method: 'POST', headers, ca, agent: false, signal }, (answer) => {
      const status = answer.statusCode ?? 0;
      const seconds = Number(answer.headers['retry-after']);
      answer.on('error', () => undefined).destroy();
      const passing = status === 429 || status >= 500;
      resolve({
        status,
        why: `HTTP ${status}`,
        retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0,
        ...(passing ? {} : { final: refused(url, status) }),
      });
    });
    sent.on('error', (error) => {
      const code = 'code' in error ? String(error.code) : '';
      const why = signal.aborted ? 'no answer in time' : code === '' ? error.message : code;
      resolve({ status: 0, why, retryAfterMs: 0, ...(CERTIFICATE.test(code) ? { final: untrusted(url, error) } : {}) });
    });
    sent.end(body);
  });
}

/** OpenSSL's reasons to refuse a certificate, as Node names them, and Node's own. */
const CERTIFICATE = /^(CERT_|CRL_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH$|INVALID_CA$|SELF_SIGNED_|UNABLE_TO_)/;

function refused({ origin }: URL, status: number): IngotError {
  const redirect = status >= 300 && status < 400;
  return new IngotError('publish.webhook-refused', `expected ${origin} to take the webhook, found HTTP ${status}`, {
    remedy: redirect
      ? 'name the place that it leads to in publish.webhook.url: redirects are not followed'
      : 'look at publish.webhook: its url, authorization and secret; the template stands, and the next build delivers',
  });
}

function untrusted({ origin }: URL, cause: Error): IngotError {
  return new IngotError(
    'publish.webhook-certificate',
    `The certificate of ${origin} is not trusted: ${cause.message}`,
    {
      cause,
      unreachable: true,
      remedy: 'name the PEM file of the CA that signed it in publish.webhook.caFile; the next build delivers',
    },
  );
}

function givenUp({ origin }: URL, failed: readonly string[]): IngotError {
  return new IngotError(
    'publish.webhook',
    `expected ${origin} to take the webhook, found ${failed.at(-1)} at the last of ${failed.length} tries`,
    {
      evidence: [...new Set(failed)],
      retryable: true,
      remedy: 'look at that server; the template stands, and the next build delivers without building anew',
    },
  );
}
