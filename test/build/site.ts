import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { Json } from '../../common/json.ts';
import { type RunningLab, type StartLabOptions, startLab } from '../../lab/client.ts';
import { ingotHere } from '../cli/here.ts';
import { type Ended, ended, sample, start } from '../cli/ingot.ts';
import { govc, PATH } from '../lab/support/tools.ts';
import { type Built, builtFrom } from './built.ts';

const run = promisify(execFile);

/** What a test wants otherwise than the sample image: objects are merged, all else replaces, undefined removes. */
export interface Changes {
  readonly [field: string]: Json | Changes | undefined;
}

export interface BuildOptions {
  /** Flags behind the image file. */
  readonly flags?: readonly string[];
  /** Laid over the lab's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A lab and a folder on this machine to work in: where image files, journals and screenshots are. */
export interface Site {
  readonly lab: RunningLab;
  readonly folder: string;
  /** Writes an image file that differs from the sample by its name and these changes; returns its path. */
  image(name: string, changes?: Changes): Promise<string>;
  /** Runs `ingot build FILE` against the lab to its end, in this process and in the site's folder. */
  build(file: string, options?: BuildOptions): Promise<Built>;
  /** The same in a process of its own. */
  buildApart(file: string, options?: BuildOptions): Promise<Built>;
  /** `build` with another reporter: what it showed, not read. */
  show(file: string, options?: BuildOptions): Promise<Ended>;
  /** Starts `ingot build FILE` as a process, for a test that sends signals. */
  start(file: string, options?: BuildOptions): ReturnType<typeof start>;
  govc(...args: string[]): Promise<string>;
}

export interface SiteOptions extends StartLabOptions {
  /** False: image files ask for no smoke test, a third of a build. For tests of what is done before it. */
  readonly smokeTest?: false;
}

/** Starts a lab for all tests of a file; it goes with the last of them. */
export async function openSite({ smokeTest, ...options }: SiteOptions = {}): Promise<Site> {
  const defaults: Changes = smokeTest === false ? { smokeTest: { enabled: false } } : {};
  const [lab, folder] = await Promise.all([startLab(options), mkdtemp(join(tmpdir(), 'ingot-test-build-'))]);
  const children = new Set<ReturnType<typeof start>>();
  after(async () => {
    for (const child of children) child.kill('SIGKILL'); // a test that broke off leaves its build
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const command = (file: string, flags: readonly string[] = []) => ['build', file, '--reporter', 'json', ...flags];
  const startBuild: Site['start'] = (file, { flags, env } = {}) => {
    const child = start(command(file, flags), { cwd: folder, env: { PATH, ...lab.env, ...env } });
    children.add(child);
    child.on('close', () => children.delete(child));
    return child;
  };
  const show: Site['show'] = (file, { flags, env } = {}) => {
    process.chdir(folder);
    return ingotHere(command(file, flags), { PATH, ...lab.env, ...env });
  };
  return {
    lab,
    folder,
    image: (name, changes) => writeImage(folder, name, { ...defaults, ...changes }),
    start: startBuild,
    show,
    build: async (file, build) => builtFrom(await show(file, build)),
    buildApart: async (file, build) => builtFrom(await ended(startBuild(file, build))),
    govc: (...args) => govc(lab.env, ...args),
  };
}

/** Writes an image file into a folder that differs from the sample by its name and these changes; returns its path. */
export async function writeImage(folder: string, name: string, changes: Changes = {}): Promise<string> {
  const image: Json = parse(await readFile(sample, 'utf8'));
  const file = join(folder, `${name}.yaml`);
  const named = merge(merge(image, { name, template: { name } }), changes);
  await writeFile(file, JSON.stringify(named, null, 2)); // JSON is YAML
  return file;
}

/** Names of all VMs and templates of the lab, in order. */
export async function vmNames({ govc: ask }: Site): Promise<string[]> {
  const found = await ask('find', '/', '-type', 'm');
  return found
    .split('\n')
    .filter((line) => line !== '')
    .map((path) => path.replace(/^.*\//, ''))
    .sort();
}

/** Answer discs on the datastores; each holds a password. */
export async function answerDiscs({ govc: ask }: Site): Promise<string[]> {
  const found = await ask('datastore.ls', '-R', 'ingot');
  return found.split('\n').filter((line) => /^[0-9a-f]{32}\.iso$/.test(line));
}

/** Runs a program of this machine and returns what it wrote to standard output. */
export async function tool(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { env: { ...process.env, PATH } });
  return stdout;
}

function merge(base: Json, changes: Changes): Json {
  const merged: Record<string, Json> = isObject(base) ? { ...base } : {};
  for (const [field, value] of Object.entries(changes)) {
    if (value === undefined) delete merged[field];
    else if (isChanges(value)) merged[field] = merge(merged[field] ?? {}, value);
    else merged[field] = value;
  }
  return merged;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isChanges(value: Json | Changes): value is Changes {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
