import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { IngotError } from '../../common/failure.ts';

/** A running vcsim. */
export interface VcsimProcess {
  readonly pid: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: URL;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

export interface VcsimOptions {
  readonly path: string;
  readonly username: string;
  /** A file that holds the password. */
  readonly passwordFile: string;
  /** The lab's state folder: vcsim's datastores go below it, and its path on the command line marks the process. */
  readonly stateDir: string;
  /** Further arguments; flags given here win over the lab's. */
  readonly args: readonly string[];
  readonly onLog: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** One datacenter with one cluster of one host, no VMs: small, so that vcsim starts in a few milliseconds. */
const INVENTORY = ['-cluster', '1', '-host', '1', '-standalone-host', '0', '-vm', '0', '-api-version', '8.0.3.0'];
const START_TIMEOUT_MS = 20_000;

/**
 * Starts vcsim on plain HTTP at a free port of 127.0.0.1 and resolves when it listens. `-stdinexit` ends it together
 * with the lab even if the lab is killed. Throws `lab.vcsim-start`.
 */
export async function startVcsim(options: VcsimOptions): Promise<VcsimProcess> {
  const args = [
    ...[
      '-l',
      '127.0.0.1:0',
      '-tls=false',
      '-stdinexit',
      '-username',
      options.username,
      '-password',
      options.passwordFile,
    ],
    ...INVENTORY,
    ...options.args,
    options.stateDir,
  ];
  const child = spawn(options.path, args, {
    env: { ...process.env, TMPDIR: options.stateDir },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > 20) complaints.shift();
    options.onLog(`vcsim: ${line}`);
  });
  // The pipe breaks when vcsim goes first.
  child.stdin.on('error', () => {});
  const exited = once(child, 'exit').then(
    () => {},
    () => {},
  );
  const { promise, resolve, reject } = Promise.withResolvers<URL>();
  createInterface(child.stdout).on('line', (line) => {
    const url = /GOVC_URL=(\S+)/.exec(line)?.[1];
    if (url !== undefined) resolve(new URL(new URL(url).origin));
  });
  const fail = (found: string, cause?: unknown) =>
    reject(
      new IngotError('lab.vcsim-start', `expected vcsim to start, found that it ${found}`, {
        evidence: [`${options.path} ${args.join(' ')}`, ...complaints],
        remedy: 'look at its own words; INGOT_VCSIM_ARGS may hold an argument that it does not know',
        cause,
      }),
    );
  child.once('error', (error) => fail('could not be run', error));
  void exited.then(() => fail(`ended with ${child.exitCode ?? child.signalCode}`));
  const timer = setTimeout(() => fail(`did not listen within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
  const onAbort = () => fail('was interrupted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const stop = async () => {
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
    await exited;
    clearTimeout(kill);
  };
  try {
    const origin = await promise;
    return { pid: child.pid ?? 0, origin, exited, stop };
  } catch (error) {
    if (child.pid !== undefined) await stop();
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}
