import { rm, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { ProxyContext } from './call.ts';
import type { Faults } from './faults.ts';

/**
 * /folder: the datastore over HTTP. vcsim asks for no account and makes missing folders; vCenter answers 401 and 404.
 * A file that a running VM has open can't be written: vCenter cuts the connection without a status.
 */
export async function routeFolder(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  lab: ProxyContext,
  faults: Faults,
): Promise<void> {
  if (!lab.sessions.mayTransfer(incoming.headers)) return refuse(incoming, outgoing, 401);
  const url = new URL(incoming.url ?? '/', 'http://lab');
  const file = `[${url.searchParams.get('dsName') ?? ''}] ${decodeURIComponent(url.pathname.slice('/folder/'.length))}`;
  if (incoming.method !== 'PUT' && incoming.method !== 'POST') {
    if (isLockedLog(file, lab)) return refuse(incoming, outgoing, 500);
    lab.upstream.stream(incoming, outgoing).end();
    return;
  }
  const path = await lab.datastores.resolve(file);
  const folder = path === undefined ? undefined : await stat(dirname(path)).catch(() => undefined);
  if (path === undefined || folder === undefined) return refuse(incoming, outgoing, 404);
  if (lab.machines.holder(file) !== undefined) {
    incoming.socket.destroy();
    return;
  }
  const existed = (await stat(path).catch(() => undefined)) !== undefined;
  const limit = faults.takeUpload(Number(incoming.headers['content-length'] ?? 0));
  if (limit?.status === 500 || limit?.status === 507) {
    await swallow(incoming, limit.afterBytes);
    await rm(path, { force: true });
    return refuse(incoming, outgoing, limit.status, 'There is no space left on the datastore.');
  }
  if (limit !== undefined) return breakOff(incoming, outgoing, lab, limit);
  const upload = lab.upstream.stream(incoming, outgoing, (_headers, status) =>
    status === 200 && !existed ? 201 : status,
  );
  incoming.pipe(upload);
  // A client that goes away in the middle leaves what it sent, as it does on a datastore.
  incoming.on('error', () => upload.destroy());
  incoming.on('aborted', () => upload.destroy());
}

/** The log of a running VM can be read through its own host only; vCenter may ask another one, which answers 500. */
function isLockedLog(file: string, lab: ProxyContext): boolean {
  const locked = lab.scenario.scenario.boot?.vmwareLog === 'locked';
  return locked && file.endsWith('/vmware.log') && lab.machines.holder(file) !== undefined;
}

/** Passes so many bytes on, then ends the upload as vCenter does when a session expires, or a network. */
function breakOff(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  lab: ProxyContext,
  { afterBytes, status }: { readonly afterBytes: number; readonly status?: number },
): void {
  // vcsim's own answer to what it gets of the file goes nowhere.
  const upload = lab.upstream.begin(incoming);
  let passed = 0;
  incoming.on('data', (chunk: Buffer) => {
    if (passed >= afterBytes) return;
    passed += chunk.length;
    upload.write(chunk);
    if (passed < afterBytes) return;
    upload.destroy();
    if (status === undefined) incoming.socket.destroy();
    else refuse(incoming, outgoing, status);
  });
  incoming.on('close', () => upload.destroy());
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number, message = ''): void {
  outgoing.writeHead(status, { connection: 'close', 'content-length': Buffer.byteLength(message) });
  outgoing.end(message, () => incoming.destroy());
}

/** Reads so many bytes of an upload, or all of it. */
async function swallow(incoming: IncomingMessage, bytes: number): Promise<void> {
  let read = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  incoming.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read >= bytes) resolve();
  });
  incoming.on('end', resolve);
  incoming.on('close', resolve);
  await promise;
  incoming.pause();
}
