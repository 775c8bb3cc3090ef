import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../common/cache-folder.ts';
import { IngotError } from '../common/failure.ts';
import type { Speed } from './context.ts';
import type { DiskContent, GuestState, LabMessage, LabRequest } from './protocol.ts';
import type { Fault } from './proxy/faults.ts';
import type { Scenario } from './scenario.ts';

export interface StartLabOptions {
  readonly speed?: Speed;
  readonly scenario?: Scenario | string;
  /** Further arguments of vcsim, as in INGOT_VCSIM_ARGS; added to those. */
  readonly vcsimArgs?: readonly string[];
  /** Variables of the lab's process besides this one's, for instance INGOT_LAB_MEDIA. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly onLog?: (line: string) => void;
  /** Told what takes long: building or downloading vcsim. */
  readonly onProgress?: (message: string) => void;
}

/** A lab in a process of its own, as this one controls it. */
export interface RunningLab {
  /** What govc, ingot or any vSphere tool needs to work with it. */
  readonly env: Readonly<Record<string, string>>;
  readonly pid: number;
  readonly faults: {
    /** Lets the next calls of a method fail. */
    inject(fault: Fault): Promise<void>;
    clear(): Promise<void>;
    /** Ends the sessions of all clients; returns how many there were. */
    expireSessions(): Promise<number>;
    /** Changes what goes wrong in guests from now on. */
    scenario(scenario: Scenario): Promise<void>;
  };
  /** Requests of clients so far, by SOAP method or `PUT /folder`; the lab's own are not in it. */
  counts(): Promise<Record<string, number>>;
  resetCounts(): Promise<void>;
  guests(): Promise<GuestState[]>;
  /** All files of a VM's disk, by its managed object id. */
  disk(vm: string): Promise<DiskContent>;
  /** Resolves when the lab's process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const START_TIMEOUT_MS = 10 * 60_000; // building vcsim with Go is in it
const STOP_TIMEOUT_MS = 10_000;

/** Starts a lab and resolves when it is ready. Throws IngotError with a `lab.…` code. */
export async function startLab(options: StartLabOptions = {}): Promise<RunningLab> {
  const lab = new LabClient(options);
  await lab.ready(options.signal);
  return lab;
}

class LabClient implements RunningLab {
  env: Readonly<Record<string, string>> = {};
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly faults: RunningLab['faults'];
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #ready = Promise.withResolvers<void>();
  #last = 0;

  constructor(options: StartLabOptions) {
    // `main.ts` in development, `main.js` where this file is compiled.
    const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url));
    const args = ['--speed', options.speed ?? 'instant'];
    if (options.scenario !== undefined) {
      args.push(
        '--scenario',
        typeof options.scenario === 'string' ? options.scenario : JSON.stringify(options.scenario),
      );
    }
    const vcsimArgs = [process.env.INGOT_VCSIM_ARGS ?? '', ...(options.vcsimArgs ?? []).map(quote)].join(' ');
    this.#child = fork(main, args, {
      execPath: process.execPath,
      execArgv: [],
      // In a process group of its own, Ctrl-C in the terminal reaches the lab only through its controller.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        // Stripping types and compiling is half of the lab's start (docs/decisions/compile-cache.md).
        NODE_COMPILE_CACHE: join(cacheFolder(process.env), 'compiled'),
        ...process.env,
        ...options.env,
        INGOT_VCSIM_ARGS: vcsimArgs,
      },
    });
    this.pid = this.#child.pid ?? 0;
    this.ended = once(this.#child, 'exit').then(
      () => {},
      () => {},
    );
    this.#child.on('message', (message: LabMessage) => this.#receive(message, options));
    this.#child.on('error', (cause) =>
      this.#fail(new IngotError('lab.failed', 'could not start the process of the lab', { cause })),
    );
    void this.ended.then(() => this.#fail(new IngotError('lab.ended', 'the process of the lab has ended')));
    this.#ready.promise.catch(() => {});
    this.faults = {
      inject: async (fault) => void (await this.#ask({ op: 'fault', fault })),
      clear: async () => void (await this.#ask({ op: 'clear-faults' })),
      expireSessions: async () => Number(await this.#ask({ op: 'expire-sessions' })),
      scenario: async (scenario) => void (await this.#ask({ op: 'scenario', scenario })),
    };
  }

  async ready(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = () => this.#fail(new IngotError('lab.interrupted', 'the start of the lab was interrupted'));
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const timer = setTimeout(
      () =>
        this.#fail(
          new IngotError(
            'lab.start-timeout',
            `expected the lab to be ready within ${START_TIMEOUT_MS / 60_000} minutes`,
            { timedOut: true },
          ),
        ),
      START_TIMEOUT_MS,
    );
    try {
      await this.#ready.promise;
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async counts(): Promise<Record<string, number>> {
    return (await this.#ask({ op: 'counts' })) as Record<string, number>;
  }

  async resetCounts(): Promise<void> {
    await this.#ask({ op: 'reset-counts' });
  }

  async guests(): Promise<GuestState[]> {
    return (await this.#ask({ op: 'guests' })) as GuestState[];
  }

  async disk(vm: string): Promise<DiskContent> {
    return (await this.#ask({ op: 'disk', vm })) as DiskContent;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    if (this.#child.connected) this.#child.disconnect();
    else this.#child.kill('SIGTERM');
    await this.ended;
    clearTimeout(kill);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #ask(request: LabRequest): Promise<unknown> {
    if (!this.#child.connected) return Promise.reject(new IngotError('lab.ended', 'the process of the lab has ended'));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#last += 1;
    this.#waiting.set(this.#last, { resolve, reject });
    this.#child.send({ id: this.#last, request });
    return promise;
  }

  #receive(message: LabMessage, { onLog, onProgress }: StartLabOptions): void {
    switch (message.type) {
      case 'ready':
        this.env = message.env;
        this.#ready.resolve();
        break;
      case 'failed':
        this.#fail(new IngotError(message.failure.code, message.failure.message, message.failure));
        break;
      case 'log':
        onLog?.(message.line);
        break;
      case 'progress':
        onProgress?.(message.message);
        break;
      case 'reply': {
        const waiting = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        if (message.error === undefined) waiting?.resolve(message.value);
        else waiting?.reject(new IngotError('lab.control', message.error));
        break;
      }
    }
  }

  #fail(error: IngotError): void {
    this.#ready.reject(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
