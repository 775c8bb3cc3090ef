import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const SFTP_SERVERS = ['/usr/lib/openssh/sftp-server', '/usr/libexec/openssh/sftp-server', '/usr/libexec/sftp-server'];

export interface KeyPair {
  readonly privateKey: string;
  /** "type base64 comment" */
  readonly publicKey: string;
}

/** A real OpenSSH server on a loopback port with its own keys, in front of fake-powershell.py. */
export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly username: string;
  /** Stands for the drives of Windows: C:/x is `${root}/C:/x`. */
  readonly root: string;
  readonly hostKeys: readonly string[];
  readonly login: KeyPair;
  /** What a script does when it is run: Python, see fake-powershell.py. */
  behave(script: string, python: string): Promise<void>;
  bootTime(time: string): Promise<void>;
  /** What sshd has written to standard error. */
  log(): readonly string[];
  /** Ends the sftp-server processes of its sessions. */
  endSftp(): Promise<void>;
}

export interface SshdOptions {
  readonly hostKeyTypes?: readonly string[];
  readonly login?: KeyPair;
  readonly config?: readonly string[];
  readonly sftpArguments?: string;
}

export interface KeyOptions {
  readonly passphrase?: string;
  /** `PEM`, `PKCS8`; OpenSSH's own if left out. */
  readonly format?: string;
  readonly bits?: number;
  /** Of OpenSSH's own format. */
  readonly cipher?: string;
}

/** Makes a key with ssh-keygen: `ed25519`, `ecdsa`, `rsa`. */
export async function makeKey(type: string, options: KeyOptions = {}): Promise<KeyPair> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-key-'));
  const path = join(folder, 'key');
  const format = options.format === undefined ? [] : ['-m', options.format];
  const length = options.bits ?? (type === 'rsa' ? 2048 : undefined);
  const bits = length === undefined ? [] : ['-b', String(length)];
  const cipher = options.cipher === undefined ? [] : ['-Z', options.cipher];
  await execa('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...bits,
    ...format,
    ...cipher,
    '-N',
    options.passphrase ?? '',
    '-C',
    'test key',
    '-f',
    path,
  ]);
  const pair = { privateKey: await readFile(path, 'utf8'), publicKey: (await readFile(`${path}.pub`, 'utf8')).trim() };
  await rm(folder, { recursive: true });
  return pair;
}

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-sshd-'));
  const root = join(folder, 'drives');
  await mkdir(join(root, 'behaviour'), { recursive: true });
  // sshd run by root wants its privilege separation folder, which a service manager makes otherwise.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const login = options.login ?? (await makeKey('ed25519'));
  await writeFile(join(folder, 'authorized_keys'), `${login.publicKey}\n`, { mode: 0o600 });
  const types = options.hostKeyTypes ?? ['ed25519'];
  const hostKeys = await Promise.all(types.map((type) => makeKey(type)));
  const hostKeyFiles = types.map((type) => join(folder, `ssh_host_${type}_key`));
  await Promise.all(
    hostKeyFiles.map((path, index) => writeFile(path, hostKeys[index]?.privateKey ?? '', { mode: 0o600 })),
  );
  const port = await freePort();
  const python = fileURLToPath(new URL('fake-powershell.py', import.meta.url));
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...hostKeyFiles.map((path) => `HostKey ${path}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    `PidFile ${join(folder, 'pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'MaxStartups 100',
    'PrintMotd no',
    `Subsystem sftp ${await sftpServer()} ${options.sftpArguments ?? ''}`,
    // Every command comes here, the SFTP subsystem's as well.
    'ForceCommand case "$SSH_ORIGINAL_COMMAND" in */sftp-server*) exec $SSH_ORIGINAL_COMMAND;; ' +
      `*) exec ${await pythonPath()} -S -E ${python} ${root};; esac`,
    ...(options.config ?? []),
  ];
  const file = join(folder, 'sshd_config');
  await writeFile(file, `${config.join('\n')}\n`);
  const server = spawn(await sshdPath(), ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = await listening(server);
  const sshd: Sshd = {
    port,
    root,
    login,
    username: userInfo().username,
    hostKeys: hostKeys.map((key) => key.publicKey.split(' ').slice(0, 2).join(' ')),
    behave: (script, text) => writeFile(join(root, 'behaviour', `${script}.py`), text),
    bootTime: (time) => writeFile(join(root, 'boot-time'), time),
    log: () => said,
    async endSftp() {
      // sshd forks for each connection; the session's command is a grandchild.
      const { stdout } = await execa('ps', ['-e', '-o', 'pid=,ppid=,args=']);
      const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
      const below = (pid: string): string[] =>
        rows.filter((row) => row[1] === pid).flatMap((row) => [row[0] ?? '', ...below(row[0] ?? '')]);
      const children = new Set(below(String(server.pid)));
      for (const [pid = '', , program = ''] of rows)
        if (children.has(pid) && program.endsWith('sftp-server')) process.kill(Number(pid));
    },
    async [Symbol.asyncDispose]() {
      if (server.exitCode === null && server.signalCode === null) {
        server.kill();
        await once(server, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
  await sshd.bootTime('2026-11-21T05:00:00.000Z');
  return sshd;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Resolves when sshd says that it listens, with the lines that it writes; rejects with what it said when it ends before. */
function listening(server: ChildProcess): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    if (server.stderr === null) return reject(new Error('no stderr'));
    createInterface({ input: server.stderr }).on('line', (line) => {
      said.push(line);
      if (line.includes('Server listening on')) resolve(said);
    });
    server.on('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said.join('\n')}`)));
    server.on('error', reject);
  });
}

/** sshd wants to be started by its absolute path. */
async function sshdPath(): Promise<string> {
  const path = ['/usr/sbin', '/usr/local/sbin', process.env.PATH ?? ''].join(':');
  const { stdout } = await execa('sh', ['-c', 'command -v sshd'], { env: { PATH: path } });
  return stdout;
}

/** Python itself: a version manager's shim would take longer to start than the test. */
async function pythonPath(): Promise<string> {
  const { stdout } = await execa('python3', ['-c', 'import sys; print(sys.executable)']);
  return stdout;
}

/** The path of OpenSSH's sftp-server. */
export async function sftpServer(): Promise<string> {
  for (const path of SFTP_SERVERS) {
    const found = await readFile(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  throw new Error(`no sftp-server of OpenSSH in ${SFTP_SERVERS.join(', ')}: install openssh-sftp-server`);
}
