import { createServer, type Server } from 'node:net';

/** Addresses of a lab's guests: 127.x.y.z, one a virtual network card, and one port for all of them. */
export class Network {
  readonly port: number;
  readonly #addresses = new Map<string, string>();
  readonly #reserved: Server;
  #last: number;
  readonly #single: boolean;

  private constructor(reserved: Server, port: number, single: boolean) {
    this.#reserved = reserved;
    this.port = port;
    this.#single = single;
    // Labs start at different places, so that their addresses differ although the port tells them apart already.
    this.#last = 0x100 + Math.floor(Math.random() * 0xfe0000);
  }

  /** Finds a free port. Where the system has 127.0.0.1 only (macOS), all guests get that. */
  static async open(): Promise<Network> {
    const probe = await listen(0, '127.86.42.1').catch(() => undefined);
    const reserved = probe ?? (await listen(0, '127.0.0.1'));
    const address = reserved.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    if (probe === undefined) reserved.close(); // the first guest takes 127.0.0.1 itself
    return new Network(reserved, port, probe === undefined);
  }

  /** The address of a network card, the same at every boot: what its DHCP server would lease. */
  addressOf(mac: string): string {
    if (this.#single) return '127.0.0.1';
    let address = this.#addresses.get(mac);
    if (address === undefined) {
      this.#last += 1;
      if ((this.#last & 0xff) === 0xff) this.#last += 2;
      address = `127.${1 + ((this.#last >> 16) & 0x7f)}.${(this.#last >> 8) & 0xff}.${this.#last & 0xff}`;
      this.#addresses.set(mac, address);
    }
    return address;
  }

  close(): void {
    this.#reserved.close();
  }
}

async function listen(port: number, host: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await promise;
  return server;
}
