import { randomBytes } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { CommandEnd } from '../channel.ts';
import { GuestError } from '../errors.ts';
import { LineSplitter } from '../markers.ts';
import { isLoss } from '../outcome.ts';
import { pause, waitFor } from '../wait.ts';
import {
  exitCodeOf,
  exitTold,
  killArguments,
  programs,
  RUN_FOLDER,
  runFiles,
  scriptArguments,
} from './command-line.ts';
import { readFile } from './files.ts';
import type { GuestOperations, GuestProcess } from './operations.ts';

/** Output is read and the process looked for this often: the end itself is told. Each look is three requests or more. */
const LOOK_MS = { first: 1000, factor: 1.5, most: 5000 };
/** For small programs, whose end nobody tells: most need less than the first wait. */
const POLL_MS = { first: 100, factor: 2, most: 2000 };
/** What is cleaned up after an interrupt must not hold it up for long. */
const CLEANING_MS = 5000;
/** Standard error is evidence only: its end is what counts. */
const STDERR_KEPT = 64 * 1024;

export interface RunOptions {
  readonly input: string;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
  /** Milliseconds that VMware Tools may be away while the script runs. */
  readonly deadlineMs: number;
  /** Holds the id of this run while it lasts. */
  readonly runs: Set<string>;
}

/**
 * Runs a command of the contract in the guest: `input` becomes its standard input, each line of its standard output goes
 * to `onLine`, a while after it was written. Resolves at its end; the exit code is undefined when the process is gone and
 * nothing tells how it ended, as after a restart of Windows. On abort it is killed with all that it started, and the
 * signal's reason is thrown. Rejects with what GuestOperations reject with.
 */
export async function runCommand(
  operations: GuestOperations,
  command: string,
  { input, onLine, signal, deadlineMs, runs }: RunOptions,
): Promise<CommandEnd> {
  const id = randomBytes(8).toString('hex');
  const files = runFiles(id);
  let pid: number | undefined;
  const ended = new AbortController();
  runs.add(id);
  try {
    await operations.makeFolder(files.folder, { signal });
    const bytes = Buffer.from(input, 'utf8');
    await operations.write(files.input, { size: bytes.length, open: () => [bytes] }, { signal });
    pid = await started(operations, id, scriptArguments(id, command), { signal, deadlineMs });
    const output = new Tail(operations, files.output, onLine);
    const exitCode = await end({ operations, id, pid, output, deadlineMs, signal, ended });
    pid = undefined;
    // VMware Tools may start anew just then: a script that updates them has ended before.
    await patiently(operations, { signal, deadlineMs }, () => output.read(signal));
    output.end();
    const stderr = exitCode === 0 ? '' : await readEnd(operations, files.errors, signal);
    return { exitCode, stderr };
  } finally {
    ended.abort();
    await cleanUp(operations, files.folder, pid);
    runs.delete(id);
  }
}

/** Runs a small program to its end: its exit code. */
export async function runProgram(
  operations: GuestOperations,
  path: string,
  args: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const pid = await operations.startProgram(path, args, { signal });
  for (let wait: number = POLL_MS.first; ; wait = Math.min(wait * POLL_MS.factor, POLL_MS.most)) {
    const [process] = await operations.processes([pid], { signal });
    if (process === undefined || process.ended) return process?.exitCode;
    await pause(wait, signal);
  }
}

/**
 * Ends what earlier runs left behind, all but `present` ones: nobody hears them any more, and their scripts must not run
 * twice at a time.
 */
export async function endLeftovers(
  operations: GuestOperations,
  present: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const isPresent = (process: GuestProcess) => [...present].some((id) => isRun(process, id));
  for (const process of await operations.processes(undefined, { signal }))
    if (!process.ended && isRun(process, '') && !isPresent(process)) await kill(operations, process.pid, signal);
  if (present.size === 0) return operations.deleteFolder(RUN_FOLDER, { signal });
  for (const { name, kind } of (await operations.list(RUN_FOLDER, { signal })) ?? [])
    if (kind === 'folder' && /^[0-9a-f]+$/.test(name) && !present.has(name))
      await operations.deleteFolder(runFiles(name).folder, { signal });
}

/**
 * Starts it; where the answer was lost, or it is not known how far the call came before VMware Tools were away (a host that
 * could not be reached is told as that), looks whether it runs or ran before it is started again.
 */
async function started(operations: GuestOperations, id: string, args: string, away: Away): Promise<number> {
  const { signal } = away;
  try {
    return await operations.startProgram(programs.cmd, args, { signal });
  } catch (error) {
    if (!isLoss(error) && !isAway(error)) throw error;
    const processes = await patiently(operations, away, () => operations.processes(undefined, { signal }));
    const found = processes.find((process) => isRun(process, id));
    return found?.pid ?? operations.startProgram(programs.cmd, args, { signal });
  }
}

interface Away {
  readonly signal: AbortSignal;
  /** Milliseconds that VMware Tools may be away. */
  readonly deadlineMs: number;
}

function isAway(error: unknown): boolean {
  return error instanceof GuestError && error.code === 'guest.unreachable';
}

/** Does what may be done twice, again when VMware Tools are back. */
async function patiently<T>(operations: GuestOperations, away: Away, work: () => Promise<T>): Promise<T> {
  const endsAt = performance.now() + away.deadlineMs;
  for (let wait: number = POLL_MS.first; ; wait = Math.min(wait * POLL_MS.factor, POLL_MS.most)) {
    try {
      return await work();
    } catch (error) {
      away.signal.throwIfAborted();
      if (!isAway(error) || performance.now() + wait >= endsAt) throw error;
      await pause(wait, away.signal);
      await untilReady(operations, { ...away, deadlineMs: endsAt - performance.now() });
    }
  }
}

interface Running extends Away {
  readonly operations: GuestOperations;
  readonly id: string;
  readonly pid: number;
  readonly output: Tail;
  readonly ended: AbortController;
}

/** The exit code: told over guestinfo, which comes as an event, or found by looking now and then. */
async function end(run: Running): Promise<number | undefined> {
  const { operations, id, output, signal, ended } = run;
  const told = new AbortController();
  let code: number | undefined;
  const event = operations.waitFor(({ exec }) => exitTold(exec, id), {
    what: 'the end of a script',
    deadlineMs: 2 ** 31 - 1, // the caller's time-out ends it
    signal: AbortSignal.any([signal, ended.signal]),
  });
  event.then(
    (found) => {
      code = found.code;
      told.abort();
    },
    () => undefined, // Its deadline is the caller's; another failure shows in the next look.
  );
  for (let wait: number = LOOK_MS.first; ; wait = Math.min(wait * LOOK_MS.factor, LOOK_MS.most)) {
    const down = new AbortController();
    const gone = operations.waitFor(({ ready }) => !ready, {
      what: 'VMware Tools to be away',
      deadlineMs: 2 ** 31 - 1,
      signal: AbortSignal.any([signal, ended.signal, told.signal, down.signal]),
    });
    gone.then(
      () => down.abort(),
      () => undefined,
    );
    await waitFor(AbortSignal.any([told.signal, down.signal]), wait, signal);
    const away = down.signal.aborted;
    down.abort();
    if (code !== undefined) return code;
    if (away) await untilReady(operations, run);
    try {
      await output.read(signal);
      const found = await look(run);
      if (found !== undefined) return found.code;
    } catch (error) {
      // An answer to a look that was lost: the next one tells.
      if (!isAway(error) && !isLoss(error)) throw error;
      await untilReady(operations, run);
    }
  }
}

/** What the list of processes and the file of the exit code say; undefined while it runs. */
async function look({ operations, id, pid, signal }: Running): Promise<{ code: number | undefined } | undefined> {
  const found = (await operations.processes([pid], { signal })).find((process) => isRun(process, id));
  if (found !== undefined && !found.ended) return undefined;
  if (found?.exitCode !== undefined) return { code: exitCodeOf(found.exitCode) };
  // VMware Tools forget what they started when they start anew; the file is there once the script has ended.
  const exit = (await readFile(operations, runFiles(id).exit, { signal }))?.toString('latin1').trim() ?? '';
  return { code: /^-?\d+$/.test(exit) ? exitCodeOf(Number(exit)) : undefined };
}

/** After a restart of Windows another process may have the same id. */
function isRun({ name, commandLine }: GuestProcess, id: string): boolean {
  return name.toLowerCase() === 'cmd.exe' && commandLine.includes(`${RUN_FOLDER}\\${id}`);
}

function untilReady(operations: GuestOperations, { deadlineMs, signal }: Away): Promise<true> {
  return operations.waitFor(({ ready }) => ready || undefined, {
    what: `VMware Tools of ${operations.name} to answer again`,
    deadlineMs,
    signal,
  });
}

async function kill(operations: GuestOperations, pid: number, signal: AbortSignal): Promise<void> {
  await runProgram(operations, programs.taskkill, killArguments(pid), signal);
}

/** As far as it is still possible: the next session does what this one cannot. */
async function cleanUp(operations: GuestOperations, folder: string, pid: number | undefined): Promise<void> {
  const signal = AbortSignal.timeout(CLEANING_MS);
  try {
    if (pid !== undefined) await kill(operations, pid, signal);
    await operations.deleteFolder(folder, { signal });
  } catch {
    // Windows is gone, or busy; the wrapper itself deletes the parameters.
  }
}

async function readEnd(operations: GuestOperations, path: string, signal: AbortSignal): Promise<string> {
  const found = await readFile(operations, path, { signal }).catch(() => undefined);
  signal.throwIfAborted();
  return found?.subarray(-STDERR_KEPT).toString('utf8') ?? '';
}

/** The lines of a file that grows. */
class Tail {
  readonly #operations: GuestOperations;
  readonly #path: string;
  readonly #lines: LineSplitter;
  readonly #decoder = new StringDecoder('utf8');
  #read = 0;

  constructor(operations: GuestOperations, path: string, onLine: (line: string) => void) {
    this.#operations = operations;
    this.#path = path;
    this.#lines = new LineSplitter(onLine);
  }

  /** Reads what is new. While the script runs, Windows may refuse it: then it comes with a later look. */
  async read(signal: AbortSignal): Promise<void> {
    try {
      const found = await readFile(this.#operations, this.#path, { signal, from: this.#read });
      if (found === undefined) return;
      this.#read += found.length;
      this.#lines.push(this.#decoder.write(found));
    } catch (error) {
      if (!(error instanceof GuestError) || error.code !== 'guest.file') throw error;
    }
  }

  end(): void {
    this.#lines.push(this.#decoder.end());
    this.#lines.end();
  }
}
