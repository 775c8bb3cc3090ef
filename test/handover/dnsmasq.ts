import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after } from 'node:test';

/**
 * Starts Debian's dnsmasq on a free port of loopback for all tests of a file; it knows what its arguments say, nothing
 * of /etc, and asks nobody. Returns `127.0.0.1:PORT`.
 */
export async function startDnsmasq(...records: string[]): Promise<string> {
  const port = await freePort();
  const child: ChildProcess = spawn(
    find('dnsmasq'),
    [
      ...[
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--no-resolv',
        '--no-hosts',
        '--no-poll',
        '--user=',
        '--pid-file=',
      ],
      ...[
        '--listen-address=127.0.0.1',
        '--bind-interfaces',
        `--port=${port}`,
        '--log-facility=-',
        '--log-queries',
        ...records,
      ],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = () => void child.kill('SIGKILL');
  after(stop);
  process.once('exit', stop);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`dnsmasq ended with ${code}: ${said}`)));
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('started, version')) resolve();
  });
  await promise;
  return `127.0.0.1:${port}`;
}

/** A DNS server that takes every question and never answers. */
export async function startSilent(): Promise<string> {
  const socket = createSocket('udp4');
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind(0, '127.0.0.1', resolve);
  await promise;
  after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** A DNS server that answers every question with an error (RFC 1035, section 4.1.1): 2 SERVFAIL, 5 REFUSED. */
export async function startFailing(rcode: number): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const answer = Buffer.from(question);
    answer.writeUInt16BE(0x8180 | rcode, 2);
    socket.send(answer, from.port, from.address);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind(0, '127.0.0.1', resolve);
  await promise;
  after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** A port that nobody listens at, at this moment. */
export async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.bind(0, '127.0.0.1', resolve);
  await promise;
  const { port } = socket.address();
  socket.close();
  return port;
}

function find(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`expected ${name} in PATH or /usr/sbin, found none`);
  return found;
}
