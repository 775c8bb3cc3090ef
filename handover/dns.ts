import { Resolver } from 'node:dns/promises';

/** Why a name has no (or not all) addresses. */
export type DnsTrouble =
  /** NXDOMAIN: there is no such name. */
  | 'no-such-name'
  /** The name is there and has neither A nor AAAA. */
  | 'no-address'
  | 'server-failure'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  /** Something that is no answer to the question. */
  | 'bad-answer';

/** What DNS says of a name. */
export interface DnsAnswer {
  readonly name: string;
  /** Where its CNAME leads, link by link; empty without one. */
  readonly chain: readonly string[];
  /** A and AAAA, sorted. */
  readonly addresses: readonly string[];
  readonly trouble?: { readonly kind: DnsTrouble; readonly text: string } | undefined;
}

export interface DnsOptions {
  /** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`; left out: those of this machine. */
  readonly servers?: readonly string[] | undefined;
  /** Milliseconds that a question may take, tried twice. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The two names of a cluster's API server (OpenShift, installing on vSphere: required DNS records). */
export function apiNames(clusterName: string, baseDomain: string): { readonly api: string; readonly apiInt: string } {
  const domain = `${clusterName}.${baseDomain}`;
  return { api: `api.${domain}`, apiInt: `api-int.${domain}` };
}

/** A CNAME that leads to a CNAME, and so on: what leads further is a loop, or as good as one. */
const LONGEST_CHAIN = 16;

/** What each error code of c-ares means (node:dns). */
const TROUBLES: Readonly<Record<string, readonly [DnsTrouble, string]>> = {
  ENOTFOUND: ['no-such-name', 'no such name (NXDOMAIN)'],
  ENODATA: ['no-address', 'neither A nor AAAA'],
  ESERVFAIL: ['server-failure', 'the server failed (SERVFAIL)'],
  EREFUSED: ['refused', 'the server refused to answer (REFUSED)'],
  ETIMEOUT: ['timeout', 'no answer in time'],
  ECANCELLED: ['timeout', 'no answer in time'],
  ECONNREFUSED: ['unreachable', 'nobody listens at the server'],
};

/** Asks for A, AAAA and CNAME of names, at DNS servers only: no hosts file, no search domains. */
export class DnsClient {
  readonly #resolver: Resolver;
  readonly #options: DnsOptions;

  constructor(options: DnsOptions) {
    const { servers = [], timeoutMs } = options;
    // The second try takes twice as long as the first.
    this.#resolver = new Resolver({ timeout: Math.max(1, Math.ceil(timeoutMs / 3)), tries: 2 });
    if (servers.length > 0) this.#resolver.setServers([...servers]);
    this.#options = options;
  }

  get servers(): readonly string[] {
    return this.#resolver.getServers();
  }

  /** Everything about these names, asked for at once; what goes wrong is part of the answers. */
  async ask(names: readonly string[]): Promise<DnsAnswer[]> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    const cancel = () => this.#resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.all(names.map((name) => this.#answer(name)));
      signal.throwIfAborted();
      return answers;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async #answer(name: string): Promise<DnsAnswer> {
    const [four, six, chain] = await Promise.all([
      settled(this.#resolver.resolve4(name)),
      settled(this.#resolver.resolve6(name)),
      this.#chain(name),
    ]);
    const found = [four, six];
    const addresses = found.flatMap((part) => ('values' in part ? part.values : [])).toSorted();
    return { name, chain, addresses, trouble: troubleOf(found, addresses, chain) };
  }

  async #chain(name: string): Promise<string[]> {
    const chain: string[] = [];
    for (let at = name; chain.length < LONGEST_CHAIN; ) {
      const link = await settled(this.#resolver.resolveCname(at));
      const [next] = 'values' in link ? link.values : [];
      if (next === undefined) break;
      at = next.toLowerCase().replace(/\.$/, '');
      if (chain.includes(at)) break;
      chain.push(at);
    }
    return chain;
  }
}

type Settled = { readonly values: readonly string[] } | { readonly code: string };

async function settled(asked: Promise<string[]>): Promise<Settled> {
  try {
    return { values: await asked };
  } catch (error) {
    return { code: error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN' };
  }
}

/** A question that nobody answered counts even where the other family has addresses: what it would say is not known. */
function troubleOf(found: readonly Settled[], addresses: readonly string[], chain: readonly string[]) {
  const codes = found.flatMap((part) => ('code' in part ? [part.code] : []));
  const open = codes.find((code) => code !== 'ENOTFOUND' && code !== 'ENODATA');
  const none = codes.includes('ENOTFOUND') ? 'ENOTFOUND' : 'ENODATA';
  const code = open ?? (addresses.length > 0 ? undefined : none);
  if (code === undefined) return undefined;
  const [kind, text] = TROUBLES[code] ?? ['bad-answer', `no proper answer (${code})`];
  const end = chain.at(-1);
  return { kind, text: end === undefined ? text : `${text}, at ${end} where its CNAME leads` };
}
