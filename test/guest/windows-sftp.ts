import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { connectGuest, type Guest } from '../../guest/index.ts';
import { patience } from './helpers.ts';
import { makeKey, sftpServer } from './sshd.ts';

/** draft-ietf-secsh-filexfer-02 */
const TYPE = { rename: 18, status: 101, extended: 200 };
export const STATUS = { ok: 0, denied: 3, failure: 4 };

/** What is done in place of renames; undefined leaves them to OpenSSH. */
export interface Renames {
  posix(from: string, to: string): number;
  plain?(from: string, to: string): number;
}

/** MoveFileEx of OpenSSH for Windows 8.6 and later: in one step, and not onto a read-only file. */
export const moveFileEx: Renames = {
  posix(from, to) {
    if (existsSync(to) && (statSync(to).mode & 0o200) === 0) return STATUS.denied;
    renameSync(from, to);
    return STATUS.ok;
  },
};

/** 7.7 and 8.1: unlink, then a rename that does not replace; here the latter fails. */
export const unlinkThenFail: Renames = {
  posix(_, to) {
    unlinkSync(to);
    return STATUS.failure;
  },
};

export interface WindowsSftp extends AsyncDisposable {
  readonly root: string;
  readonly guest: Guest;
}

/** OpenSSH's sftp-server behind one that answers renames as OpenSSH for Windows does. */
export async function windowsSftp(renames: Renames): Promise<WindowsSftp> {
  const [root, program] = await Promise.all([mkdtemp(join(tmpdir(), 'ingot-sftp-')), sftpServer()]);
  const [hostKey, login] = await Promise.all([makeKey('ed25519'), makeKey('ed25519')]);
  const connections = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (connection) => {
    connections.add(connection);
    connection.on('error', () => {});
    connection.on('authentication', (context) => context.accept());
    connection.on('session', (accept) => {
      accept().on('subsystem', (take) => void serve(take(), program, renames));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: unknown = server.address();
  const port = typeof address === 'object' && address !== null && 'port' in address ? Number(address.port) : 0;
  const guest = await connectGuest({
    host: '127.0.0.1',
    port,
    privateKey: login.privateKey,
    hostKeys: [hostKey.publicKey.split(' ').slice(0, 2).join(' ')],
    signal: patience(),
    deadlineMs: 5000,
    sftpRoot: root,
  });
  return {
    root,
    guest,
    async [Symbol.asyncDispose]() {
      guest.close();
      for (const connection of connections) connection.end();
      server.close();
      await once(server, 'close');
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function serve(channel: ServerChannel, program: string, renames: Renames): Promise<void> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  channel.on('close', () => child.kill());
  const answers = (async () => {
    for await (const packet of packets(child.stdout)) channel.write(packet);
  })();
  for await (const packet of packets(channel)) {
    const code = renamed(packet, renames);
    if (code === undefined) child.stdin.write(packet);
    else channel.write(status(packet.readUInt32BE(5), code));
  }
  child.stdin.end();
  await answers;
}

function renamed(packet: Buffer, renames: Renames): number | undefined {
  const [first, second, third] = strings(packet.subarray(9));
  if (packet[4] === TYPE.rename) return renames.plain?.(first ?? '', second ?? '');
  if (packet[4] !== TYPE.extended || first !== 'posix-rename@openssh.com') return undefined;
  return renames.posix(second ?? '', third ?? '');
}

/** Whole packets, their length in front. */
async function* packets(stream: Readable): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE();
      yield rest.subarray(0, end);
      rest = rest.subarray(end);
    }
  }
}

function* strings(body: Buffer): Generator<string> {
  for (let at = 0; at + 4 <= body.length; ) {
    const length = body.readUInt32BE(at);
    yield body.toString('utf8', at + 4, at + 4 + length);
    at += 4 + length;
  }
}

function status(id: number, code: number): Buffer {
  const packet = Buffer.alloc(21);
  packet.writeUInt32BE(17);
  packet.writeUInt8(TYPE.status, 4);
  packet.writeUInt32BE(id, 5);
  packet.writeUInt32BE(code, 9);
  return packet; // two empty strings: message and language
}

/** Sets what OpenSSH for Windows shows as the write bits. */
export function setReadOnly(path: string): void {
  chmodSync(path, 0o444);
}
