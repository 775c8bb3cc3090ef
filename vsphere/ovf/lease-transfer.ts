import { IngotError } from '../../common/failure.ts';
import type { LeaseFile } from './lease-host.ts';

export interface LeaseTransferOptions {
  readonly signal: AbortSignal;
  /** What is transferred, for errors: `windows-disk-0.vmdk`. */
  readonly name: string;
  /** Milliseconds without a byte after which the connection is given up. */
  readonly stallMs: number;
}

/**
 * Without a byte for so long a transfer is given up. A host that reads a disk of zeroes sends nothing for minutes.
 */
export const STALL_MS = 10 * 60_000;

/** The bytes of a file of a lease: one GET, streamed. Throws `ovf.download` (retryable where the connection broke). */
export async function* downloadFile(
  { http, path, headers, where }: LeaseFile,
  { signal, name, stallMs }: LeaseTransferOptions,
): AsyncGenerator<Uint8Array> {
  const what = `reading ${name} from ${where}`;
  const answer = await http
    .request({ method: 'GET', path, headers, signal, answerMs: stallMs, bodyMs: stallMs })
    .catch((error: unknown) => {
      throw failed('ovf.download', what, error, signal);
    });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    throw refused('ovf.download', what, answer.statusCode);
  }
  const told = answer.headers['content-length'];
  let bytes = 0;
  const chunks: AsyncIterator<Uint8Array> = answer.body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw failed('ovf.download', what, error, signal);
      });
      if (next.done) break;
      bytes += next.value.length;
      yield next.value;
    }
  } finally {
    answer.body.on('error', () => undefined).destroy();
  }
  if (typeof told === 'string' && Number(told) !== bytes)
    throw failed('ovf.download', `${what}: expected ${told} bytes, found ${bytes}`, undefined, signal);
}

/**
 * Sends a file of a package to a lease: PUT with `Overwrite: t` for a file that is made (`OvfFileItem.create`), else POST
 * of a stream-optimized disk. Throws `ovf.upload`, and what the body throws.
 */
export async function uploadFile(
  { http, path, headers, where }: LeaseFile,
  file: { readonly create: boolean; readonly size: number; readonly body: AsyncIterable<Uint8Array> },
  { signal, name, stallMs }: LeaseTransferOptions,
): Promise<void> {
  const what = `sending ${name} to ${where}`;
  const source: { error?: unknown } = {};
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield* file.body;
    } catch (error) {
      source.error = error;
      throw error;
    }
  }
  const kind = file.create
    ? { 'content-type': 'application/octet-stream', overwrite: 't' }
    : { 'content-type': 'application/x-vnd.vmware-streamVmdk' };
  const answer = await http
    .request({
      method: file.create ? 'PUT' : 'POST',
      path,
      headers: { ...headers, ...kind, 'content-length': String(file.size) },
      body: body(),
      signal,
      answerMs: stallMs,
    })
    .catch((error: unknown) => {
      throw source.error ?? failed('ovf.upload', what, error, signal);
    });
  await answer.body.dump();
  if (answer.statusCode < 200 || answer.statusCode >= 300) throw refused('ovf.upload', what, answer.statusCode);
}

function refused(code: string, what: string, status: number): IngotError {
  return new IngotError(code, `${what}: expected HTTP 200, found ${status}`, {
    retryable: status >= 500 || status === 429,
    remedy:
      status === 404
        ? 'vCenter has ended the lease meanwhile: look at the tasks of the VM, then try again.'
        : 'Look at the log of the ESXi host (hostd.log, vpxa.log), and whether the datastore is full; then try again.',
  });
}

/** The error of a broken connection. What undici says names the path, and with it the ticket: it is left out. */
function failed(code: string, what: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const known = error instanceof IngotError && error.code !== 'vsphere.lost-answer' ? error : undefined;
  if (known?.code === 'vsphere.certificate') {
    return new IngotError(
      'ovf.host',
      `${what}: expected the certificate that vCenter knows of the host, found another`,
      {
        evidence: known.evidence,
        remedy: 'Look who answers there; if the host got a new certificate, reconnect it in vCenter.',
      },
    );
  }
  if (known !== undefined && known.code !== 'vsphere.unreachable') return known;
  const why = known === undefined ? 'the connection broke' : 'there is no connection';
  return new IngotError(code, error === undefined ? what : `${what}: ${why}`, {
    retryable: true,
    unreachable: known !== undefined,
    remedy:
      'Look at the network from here to vCenter and, where it names one, to the ESXi host (port 443); then try again: a transfer begins anew.',
  });
}
