import { IngotError } from '../../common/failure.ts';

const UNREACHABLE: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const SILENT: ReadonlySet<string> = new Set(['UND_ERR_BODY_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);
/** OpenSSL's reasons to refuse a certificate, as Node names them, and Node's own. */
const CERTIFICATE = /^(CERT_|CRL_|DEPTH_ZERO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH$|INVALID_CA$|SELF_SIGNED_|UNABLE_TO_)/;

/** What a connection that failed or broke means: `iso.http-certificate`, `iso.http-unreachable` or `iso.http-broken`. */
export function connectionFailure(name: string, cause: unknown): IngotError {
  if (cause instanceof IngotError) return cause;
  const code = codeOf(cause);
  const reason = cause instanceof Error && cause.message !== '' ? cause.message : code;
  if (CERTIFICATE.test(code)) {
    return new IngotError('iso.http-certificate', `The certificate of ${name} is not trusted: ${reason}`, {
      cause,
      unreachable: true,
      evidence: [`reason: ${code}`],
      remedy: 'Name the PEM file of the CA that signed it, or add that CA to the system’s roots.',
    });
  }
  if (UNREACHABLE.has(code)) {
    return new IngotError('iso.http-unreachable', `Could not connect to ${name}: ${reason}`, {
      cause,
      retryable: true,
      unreachable: true,
      remedy: 'Check the host name and port in the URL, DNS, and that a firewall lets this machine out.',
    });
  }
  return new IngotError('iso.http-broken', `The connection broke while reading ${name}: ${reason}`, {
    cause,
    retryable: true,
    timedOut: SILENT.has(code),
    remedy: 'Look at the network between here and that server, then run the same command again.',
  });
}

/**
 * What a status means that is neither 200 nor 206: `iso.http-denied`, `iso.http-missing` or `iso.http-status`, of which
 * 408, 425, 429 and 5xx may pass (RFC 9110, section 15; RFC 6585).
 */
export function statusFailure(name: string, status: number): IngotError {
  if (status === 401 || status === 403 || status === 407) {
    return new IngotError('iso.http-denied', `Expected to be allowed to read ${name}, found HTTP ${status}`, {
      remedy:
        'The link may have expired: get a new one. Or the server wants credentials: https://USER:PASSWORD@HOST/….',
    });
  }
  if (status === 404 || status === 410) {
    return new IngotError('iso.http-missing', `Expected a file at ${name}, found HTTP ${status}`, {
      remedy: 'Check the path of the URL in a browser.',
    });
  }
  const passing = status >= 500 || [408, 425, 429].includes(status);
  return new IngotError('iso.http-status', `Expected HTTP 200 or 206 for ${name}, found ${status}`, {
    retryable: passing,
    remedy: passing
      ? 'The server has a problem of its own: try again later, or use another server.'
      : 'Check the URL; what the server answers is not the file.',
  });
}

/** A 206 that is not the range that was asked for, or a body that is not the file's own bytes. */
export function answerFailure(name: string, expected: string, found: string): IngotError {
  return new IngotError('iso.http-answer', `Expected ${expected} from ${name}, found ${found}`, {
    remedy: 'The server, or a proxy before it, does not do ranges right: download the file and name the local copy.',
  });
}

export function changedFailure(name: string, expected: string, found: string): IngotError {
  return new IngotError(
    'iso.source-changed',
    `${name} changed while it was read: expected ${expected}, found ${found}`,
    {
      retryable: true,
      remedy: 'Somebody is replacing the file on the server: run the same command again once it is whole.',
    },
  );
}

export function noRangesFailure(name: string): IngotError {
  return new IngotError(
    'iso.no-ranges',
    `Expected a server that answers range requests for ${name}, found one that does not`,
    {
      remedy:
        'Let it be downloaded first, with `media.withoutRanges: download` in the image file, or download it yourself.',
    },
  );
}

export function redirectFailure(name: string, found: string): IngotError {
  return new IngotError('iso.redirect', `Expected ${name} to lead to a file, found ${found}`, {
    remedy: 'Open the URL in a browser and use the address it ends at.',
  });
}

/** Node's and undici's own name of what went wrong; the first of several addresses that were tried. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}
