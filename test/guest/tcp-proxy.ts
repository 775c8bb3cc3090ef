import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that can cut what passes through it. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Where new connections go. */
  target: number;
  /** Connections taken so far. */
  readonly count: number;
  /** Called with the number of each new connection, from 1. */
  onConnection: (number: number) => void;
  /** Bytes that went to the server, and that came from it. */
  readonly sent: number;
  readonly received: number;
  /** From now on nothing passes, in either direction, and nothing is closed. */
  freeze(): void;
  /** Ends all connections at once, without a goodbye. */
  cut(): void;
  /** Resolves when nothing is connected any more. */
  quiet(signal: AbortSignal): Promise<void>;
}

export async function startProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let count = 0;
  let sent = 0;
  let received = 0;
  const server = createServer((near) => {
    const far = connect(proxy.target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('data', (data) => {
      sent += data.length;
    });
    far.on('data', (data) => {
      received += data.length;
    });
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    count += 1;
    proxy.onConnection(count);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: TcpProxy = {
    port: address.port,
    target,
    get count() {
      return count;
    },
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
    onConnection() {},
    freeze() {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    async quiet(signal) {
      for (const socket of sockets) if (!socket.closed) await once(socket, 'close', { signal });
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
