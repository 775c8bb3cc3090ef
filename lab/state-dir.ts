import { execFile } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IngotError } from '../common/failure.ts';

/** Where all labs of this user keep their state: one folder a lab, named by its process id. */
export function labsFolder(): string {
  return join(tmpdir(), `ingot-lab-${userInfo().uid}`);
}

/** Makes this lab's own folder, which only the user can read. */
export async function makeStateDir(parent = labsFolder()): Promise<string> {
  await mkdir(parent, { mode: 0o700, recursive: true });
  const found = await lstat(parent);
  if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o077) !== 0) {
    throw new IngotError(
      'lab.state-dir',
      `expected ${parent} to be a folder of this user that nobody else can read, found mode ${(found.mode & 0o7777).toString(8)} of user ${found.uid}`,
      { remedy: `remove ${parent}, or set TMPDIR to a folder of your own` },
    );
  }
  const own = join(parent, String(process.pid));
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { mode: 0o700 });
  return own;
}

/** Notes the simulator's process id, so that the next lab can end it if this one dies. */
export async function noteVcsim(stateDir: string, pid: number): Promise<void> {
  await writeFile(join(stateDir, 'vcsim.pid'), String(pid));
}

/**
 * Removes what dead labs left: their folders, and their vcsim if it still runs. A process is only ended when its
 * command line names the dead lab's folder, which the lab passes to its vcsim for that very purpose.
 */
export async function cleanDeadLabs(parent = labsFolder()): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    const folder = join(parent, name);
    if (!/^\d+$/.test(name) || Number(name) === process.pid || isAlive(Number(name))) continue;
    const pid = Number(await readFile(join(folder, 'vcsim.pid'), 'utf8').catch(() => '0'));
    if (pid > 1 && isAlive(pid) && (await commandLine(pid)).includes(folder)) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
    removed.push(folder);
  }
  return removed;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function commandLine(pid: number): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'args=', '-p', String(pid)]);
    return stdout;
  } catch {
    return '';
  }
}
