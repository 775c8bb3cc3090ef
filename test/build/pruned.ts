import assert from 'node:assert/strict';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { BuildEvent } from '../../pipeline/events.ts';
import { ingotHere } from '../cli/here.ts';
import { type Ended, ended } from '../cli/ingot.ts';
import { PATH } from '../lab/support/tools.ts';
import type { Site } from './site.ts';

const entrySchema = z.object({
  kind: z.string(),
  vcenter: z.string(),
  image: z.string().nullable(),
  folder: z.string(),
  name: z.string(),
  bytes: z.number().nullable(),
  since: z.string().nullable(),
  ageMs: z.number().nullable(),
  why: z.string(),
  needsMedia: z.boolean(),
  action: z.enum(['keep', 'remove', 'removed', 'failed']),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type PruneEntry = z.infer<typeof entrySchema>;

/** A run of `ingot prune --json` that is over. */
export interface Pruned extends Ended {
  readonly entries: readonly PruneEntry[];
  /** Names of what has that action. */
  of(action: PruneEntry['action']): string[];
  /** Why something is kept, or goes; fails when it is not listed. */
  why(name: string): string;
}

/** Runs `ingot prune` against a site's lab, in this process and in the site's folder. */
export function showPrune(site: Site, ...args: string[]): Promise<Ended> {
  process.chdir(site.folder);
  return ingotHere(['prune', ...args], { PATH, ...site.lab.env });
}

export async function prune(site: Site, ...args: string[]): Promise<Pruned> {
  const result = await showPrune(site, '--json', ...args);
  assert.notEqual(result.stdout, '', result.stderr);
  const entries = z.array(entrySchema).parse(JSON.parse(result.stdout));
  return {
    ...result,
    entries,
    of: (action) => entries.filter((entry) => entry.action === action).map(({ name }) => name),
    why(name) {
      const entry = entries.find((candidate) => candidate.name === name);
      assert.ok(entry, `${name} is not listed:\n${result.stdout}`);
      return entry.why;
    },
  };
}

const datastoreFolders = new WeakMap<Site, Promise<string>>();

/** Where the lab keeps the files of its datastore; asked of it once. */
export function datastoreFolder(site: Site): Promise<string> {
  const known = datastoreFolders.get(site);
  if (known !== undefined) return known;
  const asked = site.govc('datastore.info', '-json', 'LocalDS_0').then((info) => {
    const url: string = JSON.parse(info).datastores[0].info.url;
    return url.replace(/^ds:\/\//, '');
  });
  datastoreFolders.set(site, asked);
  return asked;
}

/** Lays a file on the datastore of a site. */
export async function place(site: Site, path: string, days = 0, content = 'x'): Promise<void> {
  const file = join(await datastoreFolder(site), path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await makeOlder(site, path, days);
}

/** As if a file had been written so many days ago. */
export async function makeOlder(site: Site, path: string, days: number): Promise<void> {
  const then = new Date(Date.now() - days * 86_400_000);
  await utimes(join(await datastoreFolder(site), path), then, then);
}

export async function readPlaced(site: Site, path: string): Promise<string> {
  return readFile(join(await datastoreFolder(site), path), 'utf8');
}

/** All VMs and all files below `ingot/`, as govc sees them: `VM /DC0/vm/name`, `ingot/media/name`. */
export async function everything({ govc }: Site): Promise<Set<string>> {
  const [vms, files] = await Promise.all([
    govc('find', '/', '-type', 'm'),
    govc('datastore.ls', '-R', '-p', 'ingot').catch(() => ''),
  ]);
  let folder = '';
  const all = vms.split('\n').flatMap((path) => (path === '' ? [] : [`VM ${path}`]));
  for (const line of files.split('\n')) {
    const heading = /^\[LocalDS_0\] (.*):$/.exec(line);
    if (heading) folder = heading[1] ?? '';
    else if (line !== '' && !line.endsWith('/')) all.push(`${folder}/${line}`);
  }
  return new Set(all);
}

/** An entry as `everything` names it. */
export function pathOf({ kind, folder, name }: PruneEntry): string {
  const isVm = ['smoke-clone', 'export-clone', 'candidate', 'old-template'].includes(kind);
  return isVm ? `VM ${folder}/${name}` : `${folder.replace('[LocalDS_0] ', '')}/${name}`;
}

/** Runs a build and kills it as soon as it tells something. */
export async function killAt(site: Site, file: string, at: (event: BuildEvent) => boolean): Promise<void> {
  const child = site.start(file);
  const end = ended(child);
  let killed = false;
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    if (killed || !at(event)) continue;
    killed = true;
    child.kill('SIGKILL');
  }
  const { stdout } = await end;
  assert.ok(killed, `the build was over before: ${stdout}`);
}
