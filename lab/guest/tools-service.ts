import { type CmdHost, runCmd } from './cmd.ts';

const CMD = 'c:\\windows\\system32\\cmd.exe';
const ICACLS = 'c:\\windows\\system32\\icacls.exe';
const TASKKILL = 'c:\\windows\\system32\\taskkill.exe';
/** Administrators and SYSTEM, full control, inherited by what lies below. */
const STRICT = 'O:BAG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)';
/** Below it a client of the contract keeps what it has not fetched yet. */
const RUN_FOLDER = 'C:/ProgramData/ingot/run';
/** How long is waited for a client that does not come. */
const FETCHED_MS = 3000;
/** How long VMware Tools tell of a program that has ended (VIX_TOOLS_EXITED_PROGRAM_REAP_TIME of open-vm-tools). */
const TOLD_MS = 5 * 60_000;

/** A process, as ListProcessesInGuest tells of it. */
export interface GuestProcess {
  readonly pid: number;
  readonly name: string;
  readonly cmdLine: string;
  readonly startTime: Date;
  endTime: Date | undefined;
  exitCode: number | undefined;
}

export type ToolsHost = Omit<CmdHost, 'alive' | 'breakOff'>;

/**
 * The part of VMware Tools that guest operations talk to, from the start of the service to its end: what it knows of the
 * programs it started is gone with it, and so, where Windows goes down, are they.
 */
export class ToolsService {
  readonly host: ToolsHost;
  readonly #processes = new Map<number, GuestProcess>();
  readonly #log: (line: string) => void;
  readonly #restarted: () => void;
  readonly #waiting = new Set<() => void>();
  #last = 1000;
  #ended = false;

  /** `restarted`: called when the service is to start anew, without what it knew. */
  constructor(host: ToolsHost, log: (line: string) => void, restarted: () => void) {
    this.host = host;
    this.#log = log;
    this.#restarted = restarted;
  }

  /** Windows goes down, or the service is stopped. */
  end(): void {
    this.#ended = true;
  }

  /** Starts a program; undefined when there is none of that path. */
  start(path: string, args: string): number | undefined {
    const run = this.#program(path.toLowerCase(), args);
    if (run === undefined) return undefined;
    this.#last += 4;
    const process: GuestProcess = {
      pid: this.#last,
      name: path.replace(/^.*\\/, ''),
      cmdLine: `"${path}" ${args}`,
      startTime: new Date(),
      endTime: undefined,
      exitCode: undefined,
    };
    this.#processes.set(process.pid, process);
    run(process).then(
      (code) => this.#exit(process, code),
      (error: unknown) => {
        this.#log(
          `guest: ${process.cmdLine}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        this.#exit(process, 1);
      },
    );
    return process.pid;
  }

  list(): GuestProcess[] {
    const told = [...this.#processes.values()].filter(
      ({ endTime }) => endTime === undefined || Date.now() - endTime.getTime() < TOLD_MS,
    );
    return told;
  }

  /** A client has deleted something. */
  deleted(): void {
    if (this.#pending) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Resolves when no output of a program waits for its client any more, or after a while. */
  async fetched(): Promise<void> {
    if (!this.#pending) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const timer = setTimeout(resolve, FETCHED_MS);
    await promise;
    clearTimeout(timer);
  }

  get #pending(): boolean {
    return (this.host.windows.files.list(RUN_FOLDER) ?? []).length > 0;
  }

  #exit(process: GuestProcess, code: number): void {
    if (process.endTime !== undefined) return;
    process.endTime = new Date();
    process.exitCode = code | 0;
  }

  #program(path: string, args: string): ((process: GuestProcess) => Promise<number>) | undefined {
    if (path === CMD) return (process) => runCmd(args, this.#hostOf(process));
    if (path === ICACLS) return async () => this.#icacls(args);
    if (path === TASKKILL) return async () => this.#taskkill(args);
    return undefined;
  }

  #hostOf(process: GuestProcess): CmdHost {
    return {
      ...this.host,
      alive: () => !this.#ended && process.endTime === undefined,
      breakOff: (reboot) => {
        if (reboot) this.host.restart();
        else this.#restarted();
      },
    };
  }

  /** `PATH /inheritance:r /grant SID:(OI)(CI)F …` for the two SIDs, and nothing else. */
  #icacls(args: string): number {
    const [, path = '', grants = ''] = /^"?([^"]+?)"? \/inheritance:r((?: \/grant \S+)+)$/.exec(args) ?? [];
    const granted = [...grants.matchAll(/\/grant \*(\S+?):\(OI\)\(CI\)F/g)].map(([, sid]) => sid).sort();
    if (granted.join(' ') !== 'S-1-5-18 S-1-5-32-544') return 87;
    return this.host.windows.files.change(path, { acl: STRICT }) === undefined ? 0 : 2;
  }

  /** `/t /f /pid N`: 128 when there is no such process. */
  #taskkill(args: string): number {
    const [, pid] = /^\/t \/f \/pid (\d+)$/i.exec(args) ?? [];
    const process = this.#processes.get(Number(pid));
    if (process === undefined || process.endTime !== undefined) return 128;
    this.#exit(process, 1);
    return 0;
  }
}
