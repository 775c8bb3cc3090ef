import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A vCenter simulator for one test file. */
export interface Vcsim {
  /** `127.0.0.1:PORT`. */
  readonly server: string;
  /** Runs govc, the foreign oracle, against it. */
  govc(...args: string[]): Promise<string>;
  stop(): void;
}

/** Starts vcsim with user `user` and password `pass`. */
export async function startVcsim(...args: string[]): Promise<Vcsim> {
  const command = process.env.INGOT_VCSIM || find('vcsim');
  const folder = mkdtempSync(join(tmpdir(), 'ingot-vcsim-'));
  const child: ChildProcess = spawn(
    command,
    ['-l', '127.0.0.1:0', '-username', 'user', '-password', 'pass', '-api-version', '6.7', ...args],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TMPDIR: folder } },
  );
  const stop = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', stop);
  if (child.stdout === null) throw new Error('vcsim has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const server = /@(127\.0\.0\.1:\d+)\/sdk/.exec(line)?.[1];
    if (server === undefined) continue;
    child.unref();
    return { server, stop, govc: (...words) => govc(server, words) };
  }
  throw new Error(`${command} ended without saying where it listens`);
}

async function govc(server: string, words: string[]): Promise<string> {
  const env = {
    ...process.env,
    GOVC_URL: `https://user:pass@${server}/sdk`,
    GOVC_INSECURE: '1',
    GOVC_PERSIST_SESSION: 'false',
  };
  const { stdout } = await run(find('govc'), words, { env, maxBuffer: 64 << 20 });
  return stdout;
}

function find(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(homedir(), 'go', 'bin')];
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`expected ${name} in PATH or ~/go/bin, found none`);
  return found;
}
