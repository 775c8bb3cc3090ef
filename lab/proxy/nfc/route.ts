import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lease, LeaseFile } from './lease.ts';
import type { Leases } from './leases.ts';

/** An upload that is longer is counted and digested only. */
const KEPT_BYTES = 128 << 20;

/** `/nfc/LEASE/FILE`: the lease is the ticket, no session is asked for. GET of an export, PUT or POST of an import. */
export async function routeNfc(leases: Leases, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const [, , id = '', name = ''] = (incoming.url ?? '').split('?')[0]?.split('/').map(decodeURIComponent) ?? [];
  const lease = leases.get(id);
  const file = lease?.state === 'ready' ? lease.files.get(name) : undefined;
  if (lease === undefined || file === undefined) return refuse(incoming, outgoing, 404);
  if (incoming.method === 'GET' && file.content !== undefined)
    return download(leases, lease, file, file.content, outgoing);
  const isUpload = incoming.method === 'PUT' || incoming.method === 'POST';
  if (!isUpload || file.content !== undefined) return refuse(incoming, outgoing, 405);
  // A disk comes as a stream-optimized VMDK by POST; another file is made by PUT.
  if (file.disk && incoming.headers['content-type'] !== 'application/x-vnd.vmware-streamVmdk')
    return refuse(incoming, outgoing, 415);
  return upload(leases, lease, file, incoming, outgoing);
}

async function download(
  { scenario }: Leases,
  lease: Lease,
  file: LeaseFile,
  content: () => AsyncIterable<Buffer>,
  outgoing: ServerResponse,
): Promise<void> {
  const { cutAfterBytes, stallMs } = scenario.scenario.nfc ?? {};
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
  let bytes = 0;
  outgoing.writeHead(200, { 'content-type': 'application/x-vnd.vmware-streamVmdk' });
  for await (const piece of content()) {
    if (lease.state !== 'ready' || outgoing.destroyed) return void outgoing.destroy();
    if (cutAfterBytes !== undefined && bytes >= cutAfterBytes && scenario.strikes('nfc-cut', 1))
      return void outgoing.destroy();
    if (stallMs !== undefined && bytes > 0 && scenario.strikes('nfc-stall', 1)) await delay(stallMs);
    sha1.update(piece);
    sha256.update(piece);
    bytes += piece.length;
    if (!outgoing.write(piece)) await drained(outgoing);
  }
  lease.transferred.set(file.name, { bytes, sha1: sha1.digest('hex'), sha256: sha256.digest('hex'), data: undefined });
  outgoing.end();
}

async function upload(
  { scenario }: Leases,
  lease: Lease,
  file: LeaseFile,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { cutAfterBytes } = scenario.scenario.nfc ?? {};
  const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming) {
    if (lease.state !== 'ready') return void incoming.socket.destroy();
    sha1.update(piece);
    sha256.update(piece);
    bytes += piece.length;
    if (bytes <= KEPT_BYTES) kept.push(piece);
    if (cutAfterBytes !== undefined && bytes >= cutAfterBytes && scenario.strikes('nfc-cut', 1))
      return void incoming.socket.destroy();
  }
  const data = bytes <= KEPT_BYTES ? Buffer.concat(kept) : undefined;
  lease.transferred.set(file.name, { bytes, sha1: sha1.digest('hex'), sha256: sha256.digest('hex'), data });
  outgoing.writeHead(incoming.method === 'PUT' ? 201 : 200, { 'content-length': 0 });
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  outgoing.once('drain', resolve).once('close', resolve);
  return promise.finally(() => outgoing.off('drain', resolve).off('close', resolve));
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number): void {
  outgoing.writeHead(status, { connection: 'close', 'content-length': 0 });
  outgoing.end(() => incoming.destroy());
}
