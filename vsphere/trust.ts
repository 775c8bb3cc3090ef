import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import tls from 'node:tls';
import { IngotError } from '../common/failure.ts';

/** How vCenter's certificate is trusted. Nothing given: the system's roots. */
export interface Trust {
  /** PEM file of a CA, trusted beside the system's roots. */
  readonly caFile?: string | undefined;
  /** SHA-256 thumbprint of the server's own certificate, with or without colons: then nothing else is asked. */
  readonly thumbprint?: string | undefined;
  /** No verification at all, for this connection only. */
  readonly insecure?: boolean | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Opens verified TLS sockets to one server. Nothing is sent before the certificate is accepted. */
export type OpenSocket = (signal: AbortSignal) => Promise<TLSSocket>;

const CONNECT_MS = 15_000;

/** `AB:CD:…` or `abcd…` as 64 lower-case hexadecimal digits. Throws `vsphere.thumbprint`. */
export function normalThumbprint(text: string): string {
  const digits = digitsOf(text);
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new IngotError('vsphere.thumbprint', `expected a SHA-256 thumbprint (64 hexadecimal digits), found ${text}`, {
    remedy: `Show it with: openssl s_client -connect SERVER:443 </dev/null | openssl x509 -noout -fingerprint -sha256`,
  });
}

/** A function that opens sockets by these rules. Throws `vsphere.ca-file` if the CA file cannot be read. */
export async function openerFor(address: Address, trust: Trust): Promise<OpenSocket> {
  if (trust.insecure) return (signal) => open(address, { rejectUnauthorized: false }, signal);
  if (trust.thumbprint !== undefined) {
    const pinned = normalThumbprint(trust.thumbprint);
    return pinnedOpener(address, (certificate) => certificate.fingerprint256, pinned);
  }
  const own = trust.caFile === undefined ? [] : [await readCaFile(trust.caFile)];
  return async (signal) => {
    // Reading the system's roots takes 70 ms, so a CA file is tried by itself first; together they are one set of roots.
    if (own.length > 0) {
      const socket = await open(address, { ca: own }, signal).catch(() => undefined);
      if (socket) return socket;
    }
    const ca = [...own, ...tls.getCACertificates('default'), ...tls.getCACertificates('system')];
    try {
      return await open(address, { ca }, signal);
    } catch (error) {
      throw (await rejected(address, error, signal)) ?? error;
    }
  };
}

/**
 * A function that opens sockets to a server whose certificate vCenter has told the SHA-1 thumbprint of, as it does with the
 * URLs of an HttpNfcLease (`sslThumbprint`). Never for a thumbprint that a person chooses.
 */
export function openerForSha1(address: Address, thumbprint: string): OpenSocket {
  return pinnedOpener(address, ({ fingerprint }) => fingerprint, digitsOf(thumbprint));
}

function pinnedOpener(
  address: Address,
  thumbprintOf: (certificate: DetailedPeerCertificate) => string,
  pinned: string,
): OpenSocket {
  return async (signal) => {
    const socket = await open(address, { rejectUnauthorized: false }, signal);
    const certificate = socket.getPeerCertificate(true);
    if (digitsOf(thumbprintOf(certificate)) === pinned) return socket;
    socket.destroy();
    throw untrusted(address, certificate, 'its thumbprint is not the pinned one');
  };
}

function digitsOf(thumbprint: string): string {
  return thumbprint.replaceAll(':', '').trim().toLowerCase();
}

/** If it is the certificate that was refused: an error that shows it. */
async function rejected(address: Address, cause: unknown, signal: AbortSignal): Promise<IngotError | undefined> {
  if (cause instanceof IngotError && cause.code === 'vsphere.unreachable' && cause.cause instanceof Error) {
    const socket = await open(address, { rejectUnauthorized: false }, signal).catch(() => undefined);
    if (socket === undefined) return undefined;
    const certificate = socket.getPeerCertificate(true);
    socket.destroy();
    return untrusted(address, certificate, cause.cause.message);
  }
  return undefined;
}

async function readCaFile(path: string): Promise<string> {
  const expected = `expected a PEM file with a CA certificate at ${path}`;
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new IngotError('vsphere.ca-file', `${expected}, could not read it`, {
      cause,
      remedy: 'Correct vcenter.caFile.',
    });
  });
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new IngotError('vsphere.ca-file', `${expected}, found no certificate in it`, {
    remedy: 'Correct vcenter.caFile.',
  });
}

function open({ host, port }: Address, options: tls.ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = tls.connect({
      host,
      port,
      // HTTP/2 is slow for uploads (govmomi 4665dff2).
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) ? {} : { servername: host }),
      ...options,
    });
    // Firewalls drop idle connections without a word.
    socket.setKeepAlive(true, 30_000);
    socket.setNoDelay(true);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail);
    };
    const fail = (cause: Error) => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(
        new IngotError('vsphere.unreachable', `could not connect to vCenter at ${host}:${port}: ${cause.message}`, {
          cause,
          retryable: true,
          unreachable: true,
          remedy: 'Check vcenter.server, DNS, and that port 443 is open from here.',
        }),
      );
    };
    const onAbort = () => fail(new Error('the connection was given up'));
    const timer = setTimeout(() => fail(new Error(`no answer within ${CONNECT_MS / 1000} s`)), CONNECT_MS);
    socket.once('error', fail);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('secureConnect', () => {
      settle();
      resolve(socket);
    });
  });
}

function untrusted({ host, port }: Address, certificate: DetailedPeerCertificate, why: string): IngotError {
  const name = (entity: tls.Certificate | undefined) =>
    Object.entries(entity ?? {})
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(', ');
  return new IngotError('vsphere.certificate', `the certificate of ${host}:${port} is not trusted: ${why}`, {
    unreachable: true,
    evidence: [
      `subject: ${name(certificate.subject)}`,
      `issuer: ${name(certificate.issuer)}`,
      `valid: ${certificate.valid_from} to ${certificate.valid_to}`,
      `SHA-256 thumbprint: ${certificate.fingerprint256}`,
    ],
    remedy:
      `Put the CA's file into the image file, below vcenter: "caFile: PATH" (vCenter offers it at https://${host}/certs/download.zip), ` +
      `or, once you have compared the thumbprint on vCenter itself, "thumbprint: ${certificate.fingerprint256}".`,
  });
}
