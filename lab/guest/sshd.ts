import { setTimeout as delay } from 'node:timers/promises';
import type { AuthContext, Connection, ParsedKey, ServerChannel, Session } from 'ssh2';
import ssh2 from 'ssh2';
import { isKeyAclStrict } from './acl.ts';
import { type ExecHost, execute } from './exec.ts';
import { AUTHORIZED_KEYS_FILE } from './paths.ts';
import { serveSftp } from './sftp.ts';

/** OpenSSH for Windows as 20H2 brings it. */
const IDENT = 'OpenSSH_for_Windows_8.1';
const USER = 'administrator';

export interface SshdOptions {
  readonly address: string;
  readonly port: number;
  /** OpenSSH private key. */
  readonly hostKey: string;
  /** The scenario has sshd refuse every key. */
  readonly refusesKey: boolean;
  readonly host: Omit<ExecHost, 'breakOff'>;
  readonly log: (line: string) => void;
}

/** How long is waited for a client that does not take its answer. */
const FETCHED_MS = 3000;

/** sshd inside a guest: keys of administrators_authorized_keys only, `exec` of the contract's commands, SFTP. */
export class Sshd {
  readonly #options: SshdOptions;
  readonly #server: InstanceType<typeof ssh2.Server>;
  readonly #connections = new Set<Connection>();
  /** Commands whose channel the client has not closed yet. */
  readonly #answering = new Set<ServerChannel>();

  constructor(options: SshdOptions) {
    this.#options = options;
    this.#server = new ssh2.Server({ hostKeys: [options.hostKey], ident: IDENT }, (connection) =>
      this.#accept(connection),
    );
  }

  /** Listens; false if the address can't be had, which the guest's network then does not offer. */
  async start(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#server.once('error', (error: Error) => {
      this.#options.log(
        `guest: sshd cannot listen on ${this.#options.address}:${this.#options.port}: ${error.message}`,
      );
      resolve(false);
    });
    this.#server.listen(this.#options.port, this.#options.address, () => resolve(true));
    const listening = await promise;
    this.#server.on('error', () => {});
    return listening;
  }

  /** Stops listening and cuts every connection, without a word, as a machine does that goes down. */
  stop(): void {
    this.#server.close();
    for (const connection of this.#connections) destroy(connection);
  }

  /** Resolves when the clients have the answers of all commands, or after a while. */
  async fetched(): Promise<void> {
    if (this.#answering.size === 0) return;
    const closed = [...this.#answering].map((channel) => new Promise((resolve) => channel.once('close', resolve)));
    const late = new AbortController();
    await Promise.race([Promise.all(closed), delay(FETCHED_MS, undefined, { signal: late.signal })]);
    late.abort();
  }

  #accept(connection: Connection): void {
    this.#connections.add(connection);
    // Answers of a few bytes would wait for the client's delayed acknowledgement; @types/ssh2 does not know the method.
    if ('setNoDelay' in connection && typeof connection.setNoDelay === 'function') connection.setNoDelay(true);
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('error', () => {});
    connection.on('authentication', (context) => this.#authenticate(context));
    connection.on('session', (accept) => this.#session(accept(), connection));
  }

  #authenticate(context: AuthContext): void {
    if (this.#accepts(context)) context.accept();
    else context.reject(['publickey']);
  }

  #accepts(context: AuthContext): boolean {
    if (context.method !== 'publickey' || context.username.toLowerCase() !== USER || this.#options.refusesKey)
      return false;
    const file = this.#options.host.windows.files.get(AUTHORIZED_KEYS_FILE);
    if (file === undefined || !isKeyAclStrict(file.acl)) return false;
    const key = findKey(file.content, context.key.data);
    if (key === undefined) return false;
    // Without a signature the client only asks whether the key would do.
    if (context.signature === undefined || context.blob === undefined) return true;
    return key.verify(context.blob, context.signature, context.hashAlgo) === true;
  }

  #session(session: Session, connection: Connection): void {
    session.on('exec', (accept, _reject, info) => this.#exec(accept(), info.command, connection));
    session.on('sftp', (accept) => serveSftp(accept(), this.#options.host.windows.files));
    session.on('env', (accept) => accept?.());
  }

  #exec(channel: ServerChannel, command: string, connection: Connection): void {
    const host: ExecHost = {
      ...this.#options.host,
      breakOff: (reboot) => {
        destroy(connection);
        if (reboot) this.#options.host.restart();
      },
    };
    this.#answering.add(channel);
    channel.on('close', () => this.#answering.delete(channel));
    channel.on('error', () => {});
    const streams = {
      input: () => firstLine(channel),
      out: (text: string) => void channel.write(text),
      err: (text: string) => void channel.stderr.write(text),
    };
    execute(command, streams, host).then(
      (code) => {
        channel.exit(code);
        channel.end();
      },
      (error: unknown) => {
        this.#options.log(
          `guest: ${command}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        destroy(connection);
      },
    );
  }
}

/** Cuts the TCP connection under SSH; ssh2 itself can only say goodbye. */
function destroy(connection: Connection): void {
  const socket: unknown = '_sock' in connection ? connection._sock : undefined;
  if (socket !== null && typeof socket === 'object' && 'destroy' in socket && typeof socket.destroy === 'function') {
    socket.destroy();
  } else {
    connection.end();
  }
}

function findKey(file: Buffer, data: Buffer): ParsedKey | undefined {
  for (const line of file.toString('latin1').split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const parsed = ssh2.utils.parseKey(line);
    if (parsed instanceof Error) continue;
    if (parsed.getPublicSSH().equals(data)) return parsed;
  }
  return undefined;
}

/** The first line of standard input, or what there was when it ended. */
function firstLine(channel: ServerChannel): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  channel.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    const end = text.indexOf('\n');
    if (end >= 0) resolve(text.slice(0, end));
  });
  channel.on('end', () => resolve(text));
  return promise;
}
