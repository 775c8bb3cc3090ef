import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Failure } from '../../common/failure.ts';
import type { Redactor } from '../../common/redactor.ts';
import type { Guest } from '../../guest/index.ts';
import type { Image } from '../../image/index.ts';
import type { Role } from '../../image/names.ts';
import type { Vcenter } from '../vcenter/index.ts';
import type { Machine } from '../vcenter/machine.ts';
import { pickAddress } from './addresses.ts';

/** For all of it: the build has failed, and whoever waits wants to know why. */
const allMs = 60_000;
/** The end of each log; more of it hardly tells more. */
const fileBytes = 256 * 1024;
const mostFiles = 60;
const mostBytes = 8 * 1024 * 1024;
/** A name that is one on every file system, and names nothing outside its folder. */
const safeName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const gathered = z.object({
  folder: z.string(),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), source: z.string(), cut: z.boolean() })).max(500),
});

export interface DiagnosticsOptions {
  readonly image: Image;
  readonly vcenter: () => Promise<Vcenter>;
  readonly guest: (signal: AbortSignal, role: Role) => Promise<Guest>;
  readonly redactor: Redactor;
  /** Folder of this machine that the files go to; made when there is one. */
  readonly folder: string;
}

/** What Windows says about a failure: logs and events, beside the journal. */
export interface Diagnostics {
  /**
   * Fetches them from the running Windows of a role, once a build; never rejects. Where Windows cannot be reached a picture
   * of the console is taken instead.
   */
  collect(role: Role, signal: AbortSignal, failure?: Failure): Promise<void>;
  /** Where they are, or why there are none; undefined before `collect`. */
  readonly told: string | undefined;
}

export function guestDiagnostics(options: DiagnosticsOptions): Diagnostics {
  const { vcenter, folder } = options;
  let told: string | undefined;

  async function run(role: Role, outer: AbortSignal, failure: Failure | undefined): Promise<string | undefined> {
    const signal = AbortSignal.any([outer, AbortSignal.timeout(allMs)]);
    const center = await vcenter();
    const machine = await center.find(role, signal);
    if (machine === undefined) return undefined;
    const tools = options.image.communicator === 'vmtools' || role === 'smoke';
    const reach = await reachable(machine, tools, signal);
    if (reach === 'off') return undefined;
    const reason = reach === 'yes' ? cannot(failure) : 'VMware Tools tell no address of it';
    if (reason !== undefined) return unreached(machine, reason, failure, outer);
    try {
      const guest = await options.guest(signal, role);
      const { count, cut } = await fetchLogs(guest, options, signal);
      return `${folder} (${count} files${cut === undefined ? '' : `, then: ${cut}`})`;
    } catch (error) {
      return unreached(machine, error instanceof Error ? error.message : String(error), failure, outer);
    }
  }

  return {
    get told() {
      return told;
    },
    async collect(role, signal, failure) {
      if (told !== undefined) return;
      told = await run(role, signal, failure).catch(() => undefined);
    },
  };
}

/** What the failure itself says about reaching Windows: it is not tried again for minutes. */
function cannot(failure: Failure | undefined): string | undefined {
  if (failure === undefined) return undefined;
  const { code, unreachable, message } = failure;
  // Into the Windows of a source there is no way before it was looked into.
  const shut = code === 'guest.auth' || code === 'guest.host-key' || code.startsWith('source.');
  return unreachable || shut ? message : undefined;
}

/** `tools`: VMware Tools are enough, without an address. */
async function reachable(machine: Machine, tools: boolean, signal: AbortSignal): Promise<'off' | 'no' | 'yes'> {
  return machine.waitFor(
    ({ power, toolsRunning, addresses }) => {
      if (power !== 'poweredOn') return 'off';
      const address = tools || pickAddress(addresses) !== undefined;
      return toolsRunning && address ? 'yes' : 'no';
    },
    { what: `the state of ${machine.name}`, deadlineMs: allMs, signal },
  );
}

/** One line: why there are no logs, and the picture, unless the failure has one. */
async function unreached(
  machine: Machine,
  reason: string,
  failure: Failure | undefined,
  signal: AbortSignal,
): Promise<string> {
  const line = `none, Windows in ${machine.name} cannot be reached: ${reason}`;
  if (failure?.evidence?.some((text) => text.startsWith('screenshot: '))) return line;
  const picture = await machine.screenshot(signal).catch(() => undefined);
  return picture === undefined ? line : `${line}; screenshot: ${picture}`;
}

/**
 * Lets Windows gather its logs and fetches them. What the guest names is data from outside: bounded, and no path. `cut`: what
 * kept it from fetching the rest.
 */
export async function fetchLogs(
  guest: Pick<Guest, 'run' | 'readFile'>,
  { folder, redactor }: Pick<DiagnosticsOptions, 'folder' | 'redactor'>,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly cut?: string }> {
  const { folder: source, files } = await guest.run(
    'diagnostics.ps1',
    { fileBytes, events: 200 },
    {
      output: gathered,
      timeoutMs: allMs,
      signal,
    },
  );
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let left = mostBytes;
  let count = 0;
  for (const { name, bytes } of files.slice(0, mostFiles)) {
    if (!safeName.test(name) || bytes > 4 * fileBytes || bytes > left) continue;
    try {
      const content = await guest.readFile(`/${source.replaceAll('\\', '/')}/${name}`, { signal });
      if (content === undefined || content.length > left) continue;
      left -= content.length;
      await writeFile(join(folder, name), redactor.text(content.toString('utf8')), { mode: 0o600 });
      count += 1;
    } catch (error) {
      // What is here already is worth more than what is not.
      if (count === 0) throw error;
      return { count, cut: error instanceof Error ? error.message : String(error) };
    }
  }
  return { count };
}
