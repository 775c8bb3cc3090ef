import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A download that nobody has written to for so long was left behind, whoever holds its process id now. */
const ABANDONED_MS = 24 * 3_600_000;
/** What this process is writing right now. */
const active = new Set<string>();

/** A file that is being downloaded, under a name that nobody else writes to. */
export interface PartialFile extends Disposable {
  readonly path: string;
  /** Bytes that are there from a download that broke off. */
  readonly size: number;
}

/**
 * Takes over the longest of the partial files that a dead process of this machine left of `name`, or else names a new
 * one. The name says whose it is, and taking over is renaming, which only one process can do.
 */
export async function claimPartial(folder: string, name: string): Promise<PartialFile> {
  const own = join(folder, `${name}.${hostname()}.${process.pid}.${randomBytes(4).toString('hex')}.partial`);
  active.add(own);
  const claimed = (size: number): PartialFile => ({
    path: own,
    size,
    [Symbol.dispose]: () => void active.delete(own),
  });
  for (const { path, size } of await orphans(folder, name)) {
    const taken = await rename(path, own).then(
      () => true,
      () => false,
    );
    if (taken) return claimed(size);
  }
  return claimed(0);
}

/** Removes what dead processes left of a file that is whole now. */
export async function removePartials(folder: string, name: string): Promise<void> {
  await Promise.all((await orphans(folder, name)).map(({ path }) => rm(path, { force: true })));
}

async function orphans(folder: string, name: string): Promise<{ readonly path: string; readonly size: number }[]> {
  const entries = await readdir(folder);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.startsWith(`${name}.`) && entry.endsWith('.partial'))
      .map(async (entry) => {
        const path = join(folder, entry);
        const facts = await stat(path).catch(() => undefined);
        if (facts === undefined) return [];
        const [host, pid] = ownerOf(entry.slice(name.length + 1));
        const old = Date.now() - facts.mtimeMs > ABANDONED_MS;
        return old || (host === hostname() && !isWriting(pid, path)) ? [{ path, size: facts.size }] : [];
      }),
  );
  return found.flat().sort((a, b) => b.size - a.size);
}

/** Host and process id of `HOST.PID.RANDOM.partial`; a host name may have dots. */
function ownerOf(text: string): [string, number] {
  const words = text.split('.');
  return [words.slice(0, -3).join('.'), Number(words.at(-3))];
}

function isWriting(pid: number, path: string): boolean {
  if (pid === process.pid) return active.has(path);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
