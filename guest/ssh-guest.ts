import { posix } from 'node:path';
import { scriptFile, scriptParts } from '../scripts/digest.ts';
import type { Endpoint, LiveConnection } from './connect.ts';
import { Connection, type ReachOptions } from './connection.ts';
import { Copies } from './copies.ts';
import type { GuestError } from './errors.ts';
import { RemoteFiles, type TransferOptions } from './files.ts';
import type { CallOptions, Guest, GuestOptions, RestartResult, RunOptions, ScriptOptions } from './guest.ts';
import { checked, isLoss, restarted, timedOut, tolerateLoss } from './outcome.ts';
import { callScript, type ScriptEnd, type ScriptParameters, userScriptBytes, userScriptName } from './script.ts';
import { SETTLE, type Settled, settledSchema, settleParameters, stillBusy } from './settle.ts';
import { type GuestState, guestStateSchema } from './state.ts';
import { UploadedScripts } from './uploaded.ts';
import { waitFor } from './wait.ts';

const SCRIPTS = '/C:/ProgramData/ingot/scripts';
const STATE = 'state.ps1';
/** state.ps1 asks WMI a few questions; PowerShell itself needs seconds to start on a busy machine. */
const STATE_MS = 120_000;
/** While Windows starts, sshd may answer while logins are still refused: about a minute at 2 s a try. */
export const AUTH_TRIES_AT_START = 30;
/** The end of the connection is the event; the boot time is looked at this often in case it was missed. */
const STILL_UP_MS = 10_000;

/** The Guest over one shared SSH connection. Made by connectGuest. */
export class SshGuest implements Guest {
  readonly #connection: Connection;
  readonly #options: GuestOptions;
  readonly #copies = new Copies({
    run: (script, parameters, options) => this.run(script, parameters, options),
    files: async (signal) => new RemoteFiles(await this.reach(signal), signal),
    place: (path) => this.#path(path),
  });
  readonly #uploaded = new UploadedScripts();
  /** The boot time that each connection began with: no connection outlives a restart. */
  readonly #bootTimes = new WeakMap<LiveConnection, string>();

  constructor(endpoint: Endpoint, options: GuestOptions) {
    this.#options = options;
    this.#connection = new Connection(endpoint, (line) => options.onLog?.(line));
  }

  /** The connection that is up, made now if need be. */
  reach(signal: AbortSignal, more: Partial<ReachOptions> = {}): Promise<LiveConnection> {
    return this.#connection.live({ signal, deadlineMs: this.#options.deadlineMs, ...more });
  }

  async run<Output>(script: string, parameters: ScriptParameters, options: RunOptions<Output>): Promise<Output> {
    const { bytes } = await scriptFile(script);
    const end = await this.#call(script, bytes, parameters, options);
    return checked(script, end, options.output);
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
    return this.#files(signal, (files) => files.read(this.#path(path)));
  }

  writeFile(path: string, bytes: Uint8Array, { signal }: CallOptions): Promise<void> {
    return this.#files(signal, async (files) => {
      await files.makeFolder(posix.dirname(this.#path(path)));
      await files.write(this.#path(path), bytes);
    });
  }

  upload(localPath: string, path: string, options: TransferOptions): Promise<void> {
    return this.#copies.upload(localPath, path, options);
  }

  uploadFolder(localFolder: string, path: string, options: TransferOptions): Promise<void> {
    return this.#copies.uploadFolder(localFolder, path, options);
  }

  download(path: string, localPath: string, options: TransferOptions): Promise<void> {
    return this.#copies.download(path, localPath, options);
  }

  downloadFolder(path: string, localFolder: string, options: TransferOptions): Promise<void> {
    return this.#copies.downloadFolder(path, localFolder, options);
  }

  exists(path: string, { signal }: CallOptions): Promise<boolean> {
    return this.#files(signal, (files) => files.exists(this.#path(path)));
  }

  remove(path: string, { signal }: CallOptions): Promise<void> {
    return this.#files(signal, (files) => files.remove(this.#path(path)));
  }

  state({ signal }: CallOptions): Promise<GuestState> {
    return this.run(STATE, {}, { output: guestStateSchema, timeoutMs: STATE_MS, signal });
  }

  async bootTime(options: CallOptions): Promise<string> {
    return (await this.state(options)).bootTime;
  }

  async restart(options: CallOptions & { readonly deadlineMs: number }): Promise<RestartResult> {
    const endsAt = performance.now() + options.deadlineMs;
    const timeout = AbortSignal.timeout(options.deadlineMs);
    const signal = AbortSignal.any([options.signal, timeout]);
    try {
      let live = await this.reach(signal);
      const before = await this.#bootTime(live, signal);
      await this.#askForRestart(live, signal);
      for (;;) {
        await waitFor(live.lost, STILL_UP_MS, signal);
        live = await this.reach(signal, {
          deadlineMs: endsAt - performance.now(),
          authTries: AUTH_TRIES_AT_START,
        });
        // Servicing may restart Windows once more while it is waited for.
        const now = await this.#settle(live, before, endsAt, signal).catch(tolerateLoss);
        if (now?.settled) return { previousBootTime: before, bootTime: now.bootTime };
      }
    } catch (error) {
      if (timeout.aborted && !options.signal.aborted && error === signal.reason)
        throw timedOut(
          'Windows to have restarted',
          options.deadlineMs,
          'it has not: its boot time is the same as before',
        );
      throw error;
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #askForRestart(live: LiveConnection, signal: AbortSignal): Promise<void> {
    // Windows may go down before the script's end is told.
    await this.#plain(live, 'restart.ps1', {}, signal).catch(tolerateLoss);
  }

  /** Uploads and runs a script within its time; a lost connection is told apart from a restart. */
  async #call(name: string, bytes: Buffer, parameters: ScriptParameters, options: ScriptOptions): Promise<ScriptEnd> {
    const timeout = AbortSignal.timeout(options.timeoutMs);
    const signal = AbortSignal.any([options.signal, timeout]);
    let live: LiveConnection | undefined;
    let doing = 'reach the guest';
    try {
      live = await this.reach(signal);
      if (name !== STATE) await this.#bootTime(live, signal);
      const { onLog = this.#options.onLog, onProgress, secrets, test, beside = [] } = options;
      for (const other of beside) await this.#upload(live, other, (await scriptFile(other)).bytes, signal);
      await this.#upload(live, name, bytes, signal);
      doing = 'run';
      const end = await callScript(live, {
        name,
        parameters,
        test,
        signal,
        secrets,
        onLog,
        onProgress(progress) {
          doing = progress.message;
          onProgress?.(progress);
        },
      });
      if (name === STATE) await this.#remember(live, end, signal);
      return end;
    } catch (error) {
      if (timeout.aborted && !options.signal.aborted && error === signal.reason)
        throw timedOut(`${name} to end`, options.timeoutMs, `it still running (last: ${doing})`);
      if (live === undefined || !isLoss(error)) throw error;
      const reason = await this.#afterLoss(live, error, name, signal);
      options.signal.throwIfAborted();
      throw reason;
    }
  }

  /** Looks whether Windows has restarted since `live` began; what cannot be found out leaves the loss as it is. */
  async #afterLoss(live: LiveConnection, loss: GuestError, name: string, signal: AbortSignal): Promise<GuestError> {
    const before = this.#bootTimes.get(live);
    if (before === undefined) return loss;
    try {
      const now = await this.#state(await this.reach(signal, { authTries: AUTH_TRIES_AT_START }), signal);
      if (now.bootTime === before) return loss;
      return restarted(name, before, now.bootTime, { cause: loss });
    } catch {
      return loss;
    }
  }

  async #bootTime(live: LiveConnection, signal: AbortSignal): Promise<string> {
    return this.#bootTimes.get(live) ?? (await this.#state(live, signal)).bootTime;
  }

  async #state(live: LiveConnection, signal: AbortSignal): Promise<GuestState> {
    return this.#remember(live, await this.#plain(live, STATE, {}, signal), signal);
  }

  /** Waits inside Windows until its start is over; at once `settled: false` when it has not gone down yet. */
  async #settle(live: LiveConnection, before: string, endsAt: number, signal: AbortSignal): Promise<Settled> {
    const parameters = settleParameters(before, endsAt - performance.now());
    const end = await this.#plain(live, SETTLE, parameters, signal).catch(stillBusy);
    const settled = checked(SETTLE, end, settledSchema);
    if (settled.settled) this.#bootTimes.set(live, settled.bootTime);
    return settled;
  }

  async #plain(live: LiveConnection, name: string, parameters: ScriptParameters, signal: AbortSignal) {
    await this.#upload(live, name, (await scriptFile(name)).bytes, signal);
    return callScript(live, { name, parameters, signal, onLog: this.#options.onLog });
  }

  async #remember(live: LiveConnection, end: ScriptEnd, signal: AbortSignal): Promise<GuestState> {
    const state = checked(STATE, end, guestStateSchema);
    if (!state.privateFolder) {
      // Nothing that needs to be kept secret has been sent yet, unless the folder has become open since.
      await this.#plain(live, 'scripts-folder.ps1', {}, signal);
      this.#uploaded.forget(live);
    }
    if (!this.#bootTimes.has(live)) this.#bootTimes.set(live, state.bootTime);
    return state;
  }

  async #upload(live: LiveConnection, name: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const files = new RemoteFiles(live, signal);
    const all = [...(await scriptParts(bytes)), { name, bytes }];
    const wanted = all.map((script) => ({ path: this.#path(`${SCRIPTS}/${script.name}`), bytes: script.bytes }));
    await this.#uploaded.ensure(live, files, wanted, signal);
  }

  async #files<T>(signal: AbortSignal, work: (files: RemoteFiles) => Promise<T>): Promise<T> {
    return work(new RemoteFiles(await this.reach(signal), signal));
  }

  #path(path: string): string {
    return `${this.#options.sftpRoot ?? ''}${path}`;
  }
}
