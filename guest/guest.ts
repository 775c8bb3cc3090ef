import type { z } from 'zod';
import type { AgentOptions } from './agent.ts';
import { type BastionOptions, endpointOf } from './endpoint.ts';
import type { TransferOptions } from './files.ts';
import type { ScriptProgress } from './markers.ts';
import type { ScriptParameters } from './script.ts';
import { AUTH_TRIES_AT_START, SshGuest } from './ssh-guest.ts';
import type { GuestState } from './state.ts';

export interface GuestOptions {
  readonly host: string;
  readonly port: number;
  /** Default `Administrator`. */
  readonly username?: string;
  /** The text of the key, in the format of OpenSSH or PEM. Either this or `agent`. */
  readonly privateKey?: string | undefined;
  readonly passphrase?: string | undefined;
  /** An SSH agent that holds one of these keys. */
  readonly agent?: AgentOptions | undefined;
  /** Left out: the guest is reached directly. */
  readonly bastion?: BastionOptions | undefined;
  /** The host keys that may answer, each as "type base64": from the guest's bootstrap report, never from the network. */
  readonly hostKeys: readonly string[];
  /** Ends the first connection attempt; later calls bring their own. */
  readonly signal: AbortSignal;
  /** Milliseconds that reaching the guest may take, the first time and each time that the connection was lost. */
  readonly deadlineMs: number;
  /** Windows is known to be starting: a refused login is not believed at once. */
  readonly starting?: boolean | undefined;
  /** Milliseconds without a byte from the other side after which a connection is taken for lost; default 30 s. */
  readonly silenceMs?: number | undefined;
  readonly onLog?: (line: string) => void;
  /** Put before every SFTP path. Empty for Windows; a folder that stands for its drives with another OpenSSH server. */
  readonly sftpRoot?: string;
}

export interface CallOptions {
  readonly signal: AbortSignal;
}

export interface ScriptOptions extends CallOptions {
  /** Runs the script with `-Test`: it reports what it finds and what it would do, and changes nothing. */
  readonly test?: boolean | undefined;
  /** Milliseconds for the whole call, upload and reconnection included. */
  readonly timeoutMs: number;
  readonly onProgress?: (progress: ScriptProgress) => void;
  /** Each line of output that is no marker. */
  readonly onLog?: (line: string) => void;
  /** Never shown; parameters named password, token, secret, … never are. */
  readonly secrets?: readonly string[];
  /** Further scripts of ingot's, by file name, that must lie beside this one in the guest's scripts folder. */
  readonly beside?: readonly string[];
}

export interface RunOptions<Output> extends ScriptOptions {
  readonly output: z.ZodType<Output>;
}

export interface RestartResult {
  readonly previousBootTime: string;
  readonly bootTime: string;
}

/** Windows, reached over one SSH connection that is made again when it was lost. */
export interface Guest {
  /**
   * Runs one of ingot's own scripts (`state.ps1`) and returns its result. Rejects with GuestError: `guest.script`,
   * `guest.output`, `guest.timeout`, `guest.connection-lost` (retryable), `guest.restarted` (retryable, `rebooted`),
   * `guest.unreachable`, `guest.auth`, `guest.host-key`; or with the signal's reason.
   */
  run<Output>(script: string, parameters: ScriptParameters, options: RunOptions<Output>): Promise<Output>;
  /** Runs a script of the user's, given as text. Exit code 0 is success; the result is undefined unless it wrote one. */
  runUserScript(name: string, text: string, parameters: ScriptParameters, options: ScriptOptions): Promise<unknown>;
  /** Bytes of a file; undefined when it does not exist. Paths as SFTP wants them: `/C:/folder/file`. */
  readFile(path: string, options: CallOptions): Promise<Buffer | undefined>;
  /** Replaces a file whole and makes its folder if need be. */
  writeFile(path: string, bytes: Uint8Array, options: CallOptions): Promise<void>;
  /**
   * Copies a local file; its folder is made if need be. The digest is computed in the guest before the file takes its
   * place. An attempt that was cut goes on where it was when it is made again. `guest.digest` when the file arrived
   * otherwise (retryable).
   */
  upload(localPath: string, path: string, options: TransferOptions): Promise<void>;
  /** Copies what is in a local folder, as upload does it. `guest.local-file` when Windows cannot have one of the names. */
  uploadFolder(localFolder: string, path: string, options: TransferOptions): Promise<void>;
  /** Copies a file of the guest to a local one, checked and continued in the same way (`LOCALPATH.part`). */
  download(path: string, localPath: string, options: TransferOptions): Promise<void>;
  /** Copies what is in a folder of the guest. Links and junctions are refused (`guest.file`). */
  downloadFolder(path: string, localFolder: string, options: TransferOptions): Promise<void>;
  exists(path: string, options: CallOptions): Promise<boolean>;
  remove(path: string, options: CallOptions): Promise<void>;
  state(options: CallOptions): Promise<GuestState>;
  /** ISO 8601, UTC; the same text as long as Windows has not restarted. */
  bootTime(options: CallOptions): Promise<string>;
  /** Restarts Windows and returns when it is up again: with another boot time, not merely with an open port. */
  restart(options: CallOptions & { readonly deadlineMs: number }): Promise<RestartResult>;
  close(): void;
}

/**
 * Connects to Windows as Administrator by key, with the host key checked against the pinned ones. Besides what a session
 * may reject with (see Guest): `guest.private-key`, `guest.agent`, `guest.known-hosts`.
 */
export async function connectGuest(options: GuestOptions): Promise<Guest> {
  const endpoint = await endpointOf(options);
  const guest = new SshGuest(endpoint, options);
  try {
    await guest.reach(options.signal, options.starting === true ? { authTries: AUTH_TRIES_AT_START } : {});
  } catch (error) {
    guest.close();
    throw error;
  }
  return guest;
}
