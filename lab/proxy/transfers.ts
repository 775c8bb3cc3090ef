import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ToolsService } from '../guest/tools-service.ts';

interface Transfer {
  readonly tools: ToolsService;
  /** The service answers as long as it is the one that the VM has. */
  readonly present: () => ToolsService | undefined;
  readonly path: string;
  /** Bytes to come; undefined for a download. */
  readonly size: number | undefined;
}

/** The file transfers that guest operations have begun, by their tokens. A token is good for one use. */
export class Transfers {
  readonly #open = new Map<string, Transfer>();

  /** The URL as vCenter gives it: below `origin`, where `*` stands for the server's own name. */
  begin(transfer: Transfer, origin = 'https://*:443'): string {
    const token = randomUUID();
    this.#open.set(token, transfer);
    return `${origin}/guestFile?id=1&token=${token}`;
  }

  async route(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const token = new URL(incoming.url ?? '/', 'http://lab').searchParams.get('token') ?? '';
    const transfer = this.#open.get(token);
    const upload = incoming.method === 'PUT';
    this.#open.delete(token);
    if (transfer === undefined || upload !== (transfer.size !== undefined)) return end(incoming, outgoing, 404);
    const content = upload ? await read(incoming) : undefined;
    // VMware Tools are gone meanwhile, or are others.
    if (transfer.present() !== transfer.tools) return end(incoming, outgoing, 500);
    const { files } = transfer.tools.host.windows;
    if (content !== undefined) {
      if (content.length !== transfer.size) return end(incoming, outgoing, 500);
      return end(incoming, outgoing, files.write(transfer.path, content) === undefined ? 200 : 500);
    }
    const found = files.read(transfer.path);
    if (found === undefined) return end(incoming, outgoing, 500);
    // Ranges are not honoured: nothing says that they are.
    outgoing.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': found.length });
    outgoing.end(found);
  }
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function end(incoming: IncomingMessage, outgoing: ServerResponse, status: number): void {
  incoming.resume();
  outgoing.writeHead(status, { 'content-length': 0 });
  outgoing.end();
}
