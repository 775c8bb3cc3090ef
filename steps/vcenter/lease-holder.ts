import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';

/** Who builds an image: the content of the one file in its lease's folder. */
export const holderSchema = z.object({
  /** Id of the build. */
  build: z.string(),
  host: z.string(),
  pid: z.int(),
  /** Tells this process from others of the same number: boot, PID namespace and start; empty where that is not known. */
  process: z.string(),
  /** ISO 8601, by the clock of the holder: for a person only. */
  since: z.string(),
  /** Counts up: a file that changes has a holder that lives. */
  renewed: z.int(),
});
export type Holder = z.infer<typeof holderSchema>;

/** This process, as it signs a lease. */
export async function ourselves(build: string): Promise<Holder> {
  const since = new Date().toISOString();
  return { build, host: hostname(), pid: process.pid, process: await processId(process.pid), since, renewed: 0 };
}

/** True only if the holder was a process of this machine that is certainly gone: then nobody waits for it. */
export async function isGone(holder: Holder): Promise<boolean> {
  const [boot, namespace] = (await processId(process.pid)).split(' ');
  const known = boot !== undefined && namespace !== undefined;
  if (!known || holder.host !== hostname() || !holder.process.startsWith(`${boot} ${namespace} `)) return false;
  return (await processId(holder.pid)) !== holder.process;
}

/** `<boot id> <PID namespace> <start time>` of a process of this machine; '' where the system does not tell (proc(5)). */
async function processId(pid: number): Promise<string> {
  try {
    const [boot, namespace, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
      readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    ]);
    // The name in parentheses may hold spaces; state is the first field behind it, the start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[0] === 'Z' ? 'gone' : (fields[19] ?? 'gone');
    return `${boot.trim()} ${namespace} ${started}`;
  } catch {
    return '';
  }
}
