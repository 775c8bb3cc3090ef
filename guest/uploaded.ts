import { posix } from 'node:path';
import type { LiveConnection } from './connect.ts';
import type { RemoteFiles } from './files.ts';
import { sha256Of } from './script.ts';
import { Turns } from './shared.ts';

/** Knows, for each connection, which bytes lie in the guest already. A new connection knows nothing: Windows may have restarted. */
export class UploadedScripts {
  readonly #known = new WeakMap<LiveConnection, Map<string, string>>();
  readonly #turns = new WeakMap<LiveConnection, Turns>();

  /** What lay in the guest may be gone. */
  forget(live: LiveConnection): void {
    this.#known.delete(live);
  }

  /** Makes sure that each file holds its bytes; uploads only what is not there, all at once: each takes several answers. */
  ensure(
    live: LiveConnection,
    files: RemoteFiles,
    wanted: readonly { readonly path: string; readonly bytes: Uint8Array }[],
    signal: AbortSignal,
  ): Promise<void> {
    // One call at a time: OpenSSH 7.7 removes a file before it puts another in its place, which a call may be about to run.
    const turns = this.#turns.get(live) ?? new Turns();
    this.#turns.set(live, turns);
    return turns.take(signal, async () => {
      const puts = await Promise.allSettled(wanted.map((file) => this.#put(live, files, file)));
      for (const put of puts) if (put.status === 'rejected') throw put.reason;
    });
  }

  async #put(
    live: LiveConnection,
    files: RemoteFiles,
    { path, bytes }: { readonly path: string; readonly bytes: Uint8Array },
  ): Promise<void> {
    const known = this.#known.get(live) ?? new Map<string, string>();
    this.#known.set(live, known);
    const digest = sha256Of(bytes);
    if (known.get(path) === digest && (await files.size(path)) === bytes.length) return;
    const present = await files.read(path);
    if (present === undefined) await files.makeFolder(posix.dirname(path));
    if (present === undefined || sha256Of(present) !== digest) await files.write(path, bytes);
    known.set(path, digest);
  }
}
