/** A process of the guest. */
export interface GuestProcess {
  readonly pid: number;
  /** File name: `cmd.exe`. */
  readonly name: string;
  readonly commandLine: string;
  /** Told for a program that was started with `startProgram`, for some minutes after its end; undefined while it runs. */
  readonly exitCode: number | undefined;
  readonly ended: boolean;
}

export interface GuestEntry {
  /** Without its folder. */
  readonly name: string;
  /** `other`: a link or a junction. */
  readonly kind: 'file' | 'folder' | 'other';
  /** Bytes. */
  readonly size: number;
  readonly readOnly: boolean;
}

/** Bytes that can be read from the start again. */
export interface GuestSource {
  readonly size: number;
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Makes what takes the bytes of one try, in their order: a transfer that broke begins anew, with another one. */
export type GuestSink = () => (bytes: Uint8Array) => Promise<void> | void;

/** What is known of the guest without asking it: pushed by the hypervisor. */
export interface GuestSigns {
  /** VMware Tools run and would answer. */
  readonly ready: boolean;
  /** The value of `guestinfo.ingot.exec`. */
  readonly exec: string | undefined;
}

export interface SignalOption {
  readonly signal: AbortSignal;
}

/**
 * What this way into Windows needs of a hypervisor: the guest operations of vCenter for one VM and one account, made by
 * whoever knows vCenter. Paths as Windows writes them: `C:\folder\file`.
 *
 * Everything rejects with GuestError: `guest.unreachable` (retryable: VMware Tools do not answer), `guest.auth`,
 * `guest.operations-denied`, `guest.file`, `guest.connection-lost` (retryable: whether it was done is not known),
 * `guest.transfer`; or with the signal's reason.
 */
export interface GuestOperations {
  /** For messages: the name of the VM. */
  readonly name: string;
  /** The process id of a program that was started. */
  startProgram(path: string, args: string, options: SignalOption): Promise<number>;
  /** These processes, as far as they are there; or all. */
  processes(pids: readonly number[] | undefined, options: SignalOption): Promise<readonly GuestProcess[]>;
  /** What a folder holds, or the file itself; undefined when there is nothing of that path. */
  list(path: string, options: SignalOption): Promise<readonly GuestEntry[] | undefined>;
  /** Hands on the bytes from an offset on; the size of the whole, undefined when there is no such file. */
  receive(
    path: string,
    sink: GuestSink,
    options: SignalOption & { readonly from?: number | undefined },
  ): Promise<number | undefined>;
  /** Writes a file, over one that is there. The folder must exist. */
  write(
    path: string,
    source: GuestSource,
    options: SignalOption & { readonly onProgress?: ((bytes: number) => void) | undefined },
  ): Promise<void>;
  /** With those above it; one that exists is no failure. */
  makeFolder(path: string, options: SignalOption): Promise<void>;
  /** One that does not exist is no failure. */
  deleteFile(path: string, options: SignalOption): Promise<void>;
  /** With all that is in it; one that does not exist is no failure. */
  deleteFolder(path: string, options: SignalOption): Promise<void>;
  /** Moves a file, over one that is there unless that is read-only. */
  replace(from: string, to: string, options: SignalOption): Promise<void>;
  setReadOnly(path: string, readOnly: boolean, options: SignalOption): Promise<void>;
  /**
   * Waits until `look` gives something else than undefined or false: it is asked with the present signs first, then with
   * each change. Rejects with `guest.unreachable` (timedOut) after the deadline.
   */
  waitFor<R>(
    look: (signs: GuestSigns) => R | undefined | false,
    options: SignalOption & { readonly what: string; readonly deadlineMs: number },
  ): Promise<R>;
}
