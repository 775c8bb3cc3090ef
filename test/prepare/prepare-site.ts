import { readFile, writeFile } from 'node:fs/promises';
import { after } from 'node:test';
import { type Ended, start } from '../cli/ingot.ts';
import { type HandoverSite, openHandoverSite } from '../handover/site.ts';
import { type FaultProxy, type Passing, startProxy } from '../vsphere/proxy.ts';

/** A line of `ingot prepare --json`. */
export interface Row {
  readonly part: string;
  readonly object: string;
  readonly what: string;
  readonly state: string;
  readonly found: string;
  readonly wanted: string;
  readonly explain: string;
  readonly note: string | null;
  readonly steps: readonly string[];
  readonly action: string;
  readonly failure: { readonly code: string; readonly message: string; readonly remedy?: string } | null;
}

export interface PrepareSite extends HandoverSite {
  readonly proxy: FaultProxy;
  /** Runs `ingot prepare --json` behind the proxy: the failure domains, tags and storage policy, if no `--only` is given. */
  prepare(image: string, ...flags: string[]): Promise<Ended & { readonly rows: readonly Row[] }>;
  /** The same without JSON. */
  table(image: string, ...flags: string[]): Promise<Ended>;
  /** Starts it, to be interrupted. */
  begin(image: string, ...flags: string[]): ReturnType<typeof start>;
  /** Which requests since the last call changed something, as `POST /rest/…` or a SOAP method. */
  writes(): readonly string[];
}

/** A simulator with a proxy before it that counts what is written, and can refuse it. */
export async function openPrepareSite(...args: string[]): Promise<PrepareSite> {
  const site = await openHandoverSite(...args);
  const proxy = await startProxy(site.server);
  after(() => proxy.stop());
  // What vcsim lacks for the other parts, the lab has (lab-site.ts).
  const here = ['--only', 'failure-domains,tags,storage-policy'];
  const command = (image: string, flags: readonly string[]) => [
    ...['prepare', image],
    ...(flags.includes('--only') ? flags : [...here, ...flags]),
  ];
  let seen = 0;
  return {
    ...site,
    proxy,
    async image(...yaml) {
      const file = await site.image(...yaml);
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(site.server, proxy.server));
      return file;
    },
    async prepare(image, ...flags) {
      const ended = await site.ingot(command(image, ['--json', ...flags]));
      return { ...ended, rows: ended.stdout === '' ? [] : JSON.parse(ended.stdout) };
    },
    table: (image, ...flags) => site.ingot(command(image, flags)),
    begin: (image, ...flags) => start(command(image, flags), { cwd: site.folder, env: { PASSWORD: 'pass' } }),
    writes() {
      const since = proxy.log.slice(seen);
      seen = proxy.log.length;
      return since.flatMap(writeOf);
    },
  };
}

/** Methods of SOAP and actions of REST that change nothing. */
const READS = [
  /^(Retrieve|ContinueRetrieve|Query|Find|Has|PbmRetrieve|PbmQuery)/,
  /^(Login|Logout|CurrentTime|GET sdk|GET rest|GET api)$/,
];

function writeOf({ method, path }: Passing): readonly string[] {
  if (READS.some((read) => read.test(method))) return [];
  if (/[?&]~?action=list-/.test(path) || path.endsWith('/session')) return [];
  return [/^(POST|PATCH|PUT|DELETE) /.test(method) ? `${method.split(' ')[0]} ${path}` : method];
}

/** The rows that are not right, in short. */
export function open(rows: readonly Row[]): readonly string[] {
  return rows.filter(({ state }) => state !== 'right').map(({ object, what, state }) => `${object} ${what}: ${state}`);
}

/** The row of an object. */
export function row(rows: readonly Row[], object: string, what: string): Row {
  const found = rows.find((each) => each.object === object && each.what === what);
  if (found !== undefined) return found;
  throw new Error(`no row ${object} ${what} among ${rows.map((each) => `${each.object} ${each.what}`).join('; ')}`);
}
