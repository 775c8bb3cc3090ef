import { win32 } from 'node:path';
import { scriptFile, scriptParts } from '../../scripts/digest.ts';
import { GuestError } from '../errors.ts';
import type { TransferOptions } from '../files.ts';
import type { CallOptions, Guest, RestartResult, RunOptions, ScriptOptions } from '../guest.ts';
import { checked, isLoss, restarted, timedOut, tolerateLoss } from '../outcome.ts';
import { parameterLine, scriptCommand, sha256Of, userScriptBytes, userScriptName } from '../script.ts';
import { redactorFor, type ScriptEnd, ScriptOutput, type ScriptParameters } from '../script-output.ts';
import { SETTLE, type Settled, settledSchema, settleParameters, stillBusy } from '../settle.ts';
import { Shared, Turns } from '../shared.ts';
import { type GuestState, guestStateSchema } from '../state.ts';
import { windowsPath } from '../windows-names.ts';
import { INGOT_FOLDER, privateArguments, programs } from './command-line.ts';
import { VmToolsCopies } from './copies.ts';
import { readFile, writeFile } from './files.ts';
import type { GuestOperations, SignalOption } from './operations.ts';
import { Patience } from './patience.ts';
import { endLeftovers, runCommand, runProgram } from './run.ts';

const SCRIPTS = `${INGOT_FOLDER}\\scripts`;
const STATE = 'state.ps1';
const FOLDER = 'scripts-folder.ps1';
/** state.ps1 asks WMI a few questions; PowerShell itself needs seconds to start on a busy machine. */
const STATE_MS = 120_000;
/** How long Windows is given to go down before its boot time is looked at, in case the sign was missed. */
const STILL_UP_MS = { first: 500, factor: 2, most: 10_000 };

export interface VmToolsOptions {
  readonly operations: GuestOperations;
  /** Milliseconds that reaching the guest may take, the first time and each time that VMware Tools were away. */
  readonly deadlineMs: number;
  readonly onLog?: ((line: string) => void) | undefined;
  /** Windows is known to be starting: a refused login is not believed at once. */
  readonly starting?: boolean | undefined;
}

/** Windows, reached by the guest operations of vCenter: no network between here and the VM, the same scripts. */
export class VmToolsGuest implements Guest {
  readonly #operations: GuestOperations;
  readonly #options: VmToolsOptions;
  readonly #copies: VmToolsCopies;
  /** Digests of the scripts that this session has uploaded, by path. */
  readonly #uploaded = new Map<string, string>();
  readonly #uploads = new Turns();
  /** The runs of this session: none that was left behind. */
  readonly #runs = new Set<string>();
  readonly #patience: Patience;
  readonly #preparing = new Shared<void>();
  readonly #looking = new Shared<GuestState>();
  #bootTime: string | undefined;
  #prepared = false;

  constructor(options: VmToolsOptions) {
    this.#operations = options.operations;
    this.#options = options;
    this.#patience = new Patience(options.operations, options.deadlineMs, options.starting === true);
    this.#copies = new VmToolsCopies(options.operations, (...call) => this.run(...call));
  }

  /** Waits until VMware Tools answer and the account is let in, and makes ingot's folder ready; once. */
  async reach(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#prepared) await this.#preparing.get(signal, () => this.#prepare(signal));
  }

  async run<Output>(script: string, parameters: ScriptParameters, options: RunOptions<Output>): Promise<Output> {
    const { bytes } = await scriptFile(script);
    return checked(script, await this.#call(script, bytes, parameters, options), options.output);
  }

  async runUserScript(
    name: string,
    text: string,
    parameters: ScriptParameters,
    options: ScriptOptions,
  ): Promise<unknown> {
    return (await this.#call(userScriptName(name), userScriptBytes(text), parameters, options)).result;
  }

  readFile(path: string, { signal }: CallOptions): Promise<Buffer | undefined> {
    return this.#reached(signal, () => readFile(this.#operations, windowsPath(path), { signal }));
  }

  writeFile(path: string, bytes: Uint8Array, { signal }: CallOptions): Promise<void> {
    return this.#reached(signal, () => writeFile(this.#operations, windowsPath(path), bytes, { signal }));
  }

  upload(localPath: string, path: string, options: TransferOptions): Promise<void> {
    return this.#reached(options.signal, () => this.#copies.upload(localPath, path, options));
  }

  uploadFolder(localFolder: string, path: string, options: TransferOptions): Promise<void> {
    return this.#reached(options.signal, () => this.#copies.uploadFolder(localFolder, path, options));
  }

  download(path: string, localPath: string, options: TransferOptions): Promise<void> {
    return this.#reached(options.signal, () => this.#copies.download(path, localPath, options));
  }

  downloadFolder(path: string, localFolder: string, options: TransferOptions): Promise<void> {
    return this.#reached(options.signal, () => this.#copies.downloadFolder(path, localFolder, options));
  }

  exists(path: string, { signal }: CallOptions): Promise<boolean> {
    return this.#reached(
      signal,
      async () => (await this.#operations.list(windowsPath(path), { signal })) !== undefined,
    );
  }

  remove(path: string, { signal }: CallOptions): Promise<void> {
    return this.#reached(signal, () => this.#operations.deleteFile(windowsPath(path), { signal }));
  }

  state({ signal }: CallOptions): Promise<GuestState> {
    return this.run(STATE, {}, { output: guestStateSchema, timeoutMs: STATE_MS, signal });
  }

  async bootTime(options: CallOptions): Promise<string> {
    return (await this.state(options)).bootTime;
  }

  async restart({ signal: outer, deadlineMs }: CallOptions & { deadlineMs: number }): Promise<RestartResult> {
    const endsAt = performance.now() + deadlineMs;
    const timeout = AbortSignal.timeout(deadlineMs);
    const signal = AbortSignal.any([outer, timeout]);
    try {
      await this.reach(signal);
      const before = await this.#knownBootTime(signal);
      const name = 'restart.ps1';
      await this.#upload(name, (await scriptFile(name)).bytes, signal);
      // Windows may go down before the script's end is told.
      await this.#script(name, {}, { signal, onLog: this.#options.onLog }).catch(tolerateAbsence);
      for (let wait: number = STILL_UP_MS.first; ; wait = Math.min(wait * STILL_UP_MS.factor, STILL_UP_MS.most)) {
        const now = await this.#afresh(signal).catch(tolerateAbsence);
        // Servicing may restart Windows once more while it is waited for.
        const settled =
          now === undefined || now.bootTime === before
            ? undefined
            : await this.#settle(before, endsAt, signal).catch(tolerateAbsence);
        if (settled?.settled) return { previousBootTime: before, bootTime: settled.bootTime };
        await this.#operations
          .waitFor(({ ready }) => !ready, { what: 'Windows to go down', deadlineMs: wait, signal })
          .catch(tolerateAbsence);
      }
    } catch (error) {
      if (timeout.aborted && !outer.aborted && error === signal.reason)
        throw timedOut('Windows to have restarted', deadlineMs, 'it has not: its boot time is the same as before');
      throw error;
    }
  }

  /** Waits inside Windows until its start is over. */
  async #settle(before: string, endsAt: number, signal: AbortSignal): Promise<Settled> {
    await this.#upload(SETTLE, (await scriptFile(SETTLE)).bytes, signal);
    const parameters = settleParameters(before, endsAt - performance.now());
    const end = await this.#script(SETTLE, parameters, { signal, onLog: this.#options.onLog }).catch(stillBusy);
    const settled = checked(SETTLE, end, settledSchema);
    if (settled.settled) this.#bootTime = settled.bootTime;
    return settled;
  }

  /** There is no connection to end: what runs in the guest is ended by who started it. */
  close(): void {}

  /** Uploads and runs a script within its time; one that was cut short is told apart from a restart. */
  async #call(name: string, bytes: Buffer, parameters: ScriptParameters, options: ScriptOptions): Promise<ScriptEnd> {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = AbortSignal.any([options.signal, timeout]);
    let doing = 'reach the guest';
    try {
      await this.reach(signal);
      if (name !== STATE) await this.#knownBootTime(signal);
      for (const other of options.beside ?? []) {
        const script = await scriptFile(other);
        await this.#reached(signal, () => this.#upload(other, script.bytes, signal));
      }
      await this.#reached(signal, () => this.#upload(name, bytes, signal));
      doing = 'run';
      const { onLog = this.#options.onLog, onProgress } = options;
      const end = await this.#script(name, parameters, {
        ...options,
        signal,
        onLog,
        onProgress(progress) {
          doing = progress.message;
          onProgress?.(progress);
        },
      });
      if (name === STATE) await this.#remember(end, signal);
      return end;
    } catch (error) {
      if (timeout.aborted && !options.signal.aborted && error === signal.reason)
        throw timedOut(`${name} to end`, options.timeoutMs, `it still running (last: ${doing})`);
      if (!isLoss(error)) throw error;
      const reason = await this.#afterLoss(error, name, signal);
      options.signal.throwIfAborted();
      throw reason;
    }
  }

  /** Runs an uploaded script, as the contract says. */
  async #script(
    name: string,
    parameters: ScriptParameters,
    options: Pick<ScriptOptions, 'signal' | 'test' | 'secrets' | 'onProgress'> & {
      onLog: ScriptOptions['onLog'] | undefined;
    },
  ): Promise<ScriptEnd> {
    const { signal, test, secrets, onProgress, onLog } = options;
    const output = new ScriptOutput(name, redactorFor(parameters, secrets), { onProgress, onLog });
    const { exitCode, stderr } = await runCommand(this.#operations, scriptCommand(name, test), {
      input: parameterLine(parameters),
      onLine: (line) => output.line(line),
      signal,
      deadlineMs: this.#options.deadlineMs,
      runs: this.#runs,
    });
    return output.end(exitCode, stderr, () => vanished(name));
  }

  /** Looks whether Windows has restarted; what cannot be found out leaves the loss as it is. */
  async #afterLoss(loss: GuestError, name: string, signal: AbortSignal): Promise<GuestError> {
    const before = this.#bootTime;
    if (before === undefined) return loss;
    try {
      const now = await this.#afresh(signal);
      return now.bootTime === before ? loss : restarted(name, before, now.bootTime, { cause: loss });
    } catch {
      return loss;
    }
  }

  async #knownBootTime(signal: AbortSignal): Promise<string> {
    return this.#bootTime ?? (await this.#looking.get(signal, () => this.#look(signal))).bootTime;
  }

  /** The state of Windows, with nothing taken for known: it may be another one. */
  async #afresh(signal: AbortSignal): Promise<GuestState> {
    this.#prepared = false;
    return this.#look(signal);
  }

  async #look(signal: AbortSignal): Promise<GuestState> {
    await this.reach(signal);
    await this.#upload(STATE, (await scriptFile(STATE)).bytes, signal);
    return this.#remember(await this.#script(STATE, {}, { signal, onLog: undefined }), signal);
  }

  async #remember(end: ScriptEnd, signal: AbortSignal): Promise<GuestState> {
    const state = checked(STATE, end, guestStateSchema);
    // Nothing that needs to be kept secret has been sent yet, unless the folder has become open since.
    if (!state.privateFolder) await this.#closeFolder(signal);
    this.#bootTime = state.bootTime;
    return state;
  }

  async #closeFolder(signal: AbortSignal): Promise<void> {
    await this.#upload(FOLDER, (await scriptFile(FOLDER)).bytes, signal);
    await this.#script(FOLDER, {}, { signal, onLog: this.#options.onLog });
    this.#uploaded.clear();
  }

  /** One at a time: a script that one call has begun must not be written again under it by the next. */
  #upload(name: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    return this.#uploads.take(signal, () => this.#put(name, bytes, signal));
  }

  /** Puts a script and its parts where they belong. What breaks off in the middle is not known, and so written again. */
  async #put(name: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const present = await this.#operations.list(SCRIPTS, { signal });
    if (present === undefined) await this.#operations.makeFolder(SCRIPTS, { signal });
    const put = async (script: { readonly name: string; readonly bytes: Buffer }) => {
      const path = win32.join(SCRIPTS, script.name);
      const digest = sha256Of(script.bytes);
      const size = present?.find((entry) => entry.name.toLowerCase() === script.name.toLowerCase())?.size;
      if (this.#uploaded.get(path) === digest && size === script.bytes.length) return;
      await this.#operations.write(path, { size: script.bytes.length, open: () => [script.bytes] }, { signal });
      this.#uploaded.set(path, digest);
    };
    // Each takes several requests: all at once. No one is left behind by the failure of another.
    const puts = await Promise.allSettled([...(await scriptParts(bytes)), { name, bytes }].map(put));
    for (const one of puts) if (one.status === 'rejected') throw one.reason;
  }

  /** Does what may be done twice, once the guest is reached. */
  async #reached<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.reach(signal);
    return this.#patience.with(signal, work);
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    this.#uploaded.clear();
    await this.#patience.with(signal, async () => {
      // C:\ProgramData lets every user read what lies below it. The bootstrap has made the folder, unless it was removed.
      if ((await this.#operations.list(INGOT_FOLDER, { signal })) === undefined) await this.#makeFolder({ signal });
      await endLeftovers(this.#operations, this.#runs, signal);
    });
    this.#prepared = true;
    this.#options.onLog?.(`reached ${this.#operations.name} through VMware Tools`);
  }

  async #makeFolder({ signal }: SignalOption): Promise<void> {
    await this.#operations.makeFolder(INGOT_FOLDER, { signal });
    const code = await runProgram(this.#operations, programs.icacls, privateArguments(INGOT_FOLDER), signal);
    if (code === 0) return;
    await this.#operations.deleteFolder(INGOT_FOLDER, { signal });
    throw new GuestError('guest.acl', `Expected icacls.exe to keep ${INGOT_FOLDER} private, found exit code ${code}.`, {
      remedy: 'Look at the disk and the policies of that Windows: its access lists cannot be changed.',
    });
  }
}

function vanished(script: string): GuestError {
  return new GuestError(
    'guest.connection-lost',
    `Expected to run ${script} to its end, found its process gone, and nothing that tells how it ended.`,
    {
      retryable: true,
      remedy:
        'The step is safe to run again. If it happens each time, look for a program that ends others, or a restart of Windows.',
    },
  );
}

/** While Windows goes down and comes up again, nobody answers. */
function tolerateAbsence(error: unknown): undefined {
  if (error instanceof GuestError && error.code === 'guest.unreachable') return undefined;
  return tolerateLoss(error);
}
