import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { LabCertificate } from '../certificate.ts';
import type { ProxyContext } from './call.ts';
import type { Faults } from './faults.ts';
import { routeFolder } from './folder.ts';
import { isDeployment, routeDeployment } from './rest-deploy.ts';
import { type Counts, routeSoap } from './soap-route.ts';

/** The front proxy: HTTPS on a free port of 127.0.0.1, before vcsim. */
export class ProxyServer {
  readonly counts: Counts = new Map();
  readonly #server: Server;
  readonly #lab: ProxyContext;
  readonly #faults: Faults;

  constructor(certificate: LabCertificate, lab: ProxyContext, faults: Faults) {
    this.#lab = lab;
    this.#faults = faults;
    this.#server = createServer(
      { cert: certificate.certificate, key: certificate.key, keepAliveTimeout: 0, requestTimeout: 0 },
      (incoming, outgoing) => {
        incoming.on('error', () => {});
        this.#route(incoming, outgoing).catch((error: unknown) => {
          lab.log(
            `proxy: ${incoming.method} ${incoming.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
          outgoing.destroy();
        });
      },
    );
    this.#server.on('tlsClientError', () => {});
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(0, '127.0.0.1', resolve);
    await promise;
  }

  /** `127.0.0.1:PORT` */
  get host(): string {
    const address = this.#server.address();
    return `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #route(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = (incoming.url ?? '/').split('?')[0] ?? '/';
    if (incoming.method === 'POST' && /^\/sdk(\/vimService)?\/?$/.test(path)) {
      return routeSoap(incoming, outgoing, this.#lab, this.#faults, this.counts);
    }
    // The paths hold datastore paths and tickets.
    const kind = ['/folder', '/nfc'].find((prefix) => path.startsWith(prefix)) ?? path;
    const name = `${incoming.method} ${kind}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const struck = this.#faults.take(name);
    if (struck?.kind === 'http') {
      outgoing.writeHead(struck.status, { connection: 'close', 'content-length': 0 });
      outgoing.end();
      return;
    }
    if (struck?.kind === 'reset') {
      incoming.socket.destroy();
      return;
    }
    if (path === '/guestFile') return this.#lab.transfers.route(incoming, outgoing);
    if (path.startsWith('/nfc/')) return this.#lab.leases.route(incoming, outgoing);
    if (path.startsWith('/folder/')) return routeFolder(incoming, outgoing, this.#lab, this.#faults);
    if (isDeployment(incoming)) return routeDeployment(incoming, outgoing, this.#lab);
    incoming.pipe(this.#lab.upstream.stream(incoming, outgoing));
  }
}
