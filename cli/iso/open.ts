import { resolve } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import type { RangedSource } from '../../iso/source.ts';
import type { Cli } from '../context.ts';
import type { Variables } from '../variables.ts';

export interface OpenFlags {
  readonly caFile?: string;
  readonly image?: string;
  readonly var?: Variables;
}

/** An ISO, open, and how an image file names the place where it lies. */
export interface OpenedMedia extends AsyncDisposable {
  readonly source: RangedSource;
  readonly location: { readonly kind: 'file' | 'url' | 'datastore'; readonly text: string };
}

/**
 * Opens what a person names: a local file, an http or https URL, or `[datastore] path`. Nothing if the image file that
 * names the vCenter is wrong: its problems are then on stderr, and the exit code is set.
 */
export function openMediaAt(
  cli: Cli,
  text: string,
  flags: OpenFlags,
  env: NodeJS.ProcessEnv,
): Promise<OpenedMedia | undefined> {
  if (text.startsWith('[')) return openOnDatastore(cli, text, flags, env);
  return /^https?:\/\//i.test(text) ? openOnWeb(cli, text, flags) : openLocal(text);
}

async function openLocal(path: string): Promise<OpenedMedia> {
  const { openFileSource } = await import('../../iso/source.ts');
  const source = await openFileSource(path);
  return {
    source,
    location: { kind: 'file', text: resolve(path) },
    [Symbol.asyncDispose]: () => source.close(),
  };
}

async function openOnWeb(cli: Cli, url: string, { caFile }: OpenFlags): Promise<OpenedMedia> {
  const [{ openHttpSource }, ca] = await Promise.all([import('../../iso/http-source.ts'), readCa(caFile)]);
  const source = await openHttpSource(url, { signal: cli.interrupts.signal, ca });
  return { source, location: { kind: 'url', text: source.name }, [Symbol.asyncDispose]: () => source.close() };
}

async function readCa(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const { readFile } = await import('node:fs/promises');
  const pem = await readFile(path, 'utf8').catch(() => '');
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new IngotError('cli.ca-file', `expected a PEM file with a CA certificate at ${path}, found none`, {
    remedy: 'correct --ca-file',
  });
}

async function openOnDatastore(
  cli: Cli,
  text: string,
  flags: OpenFlags,
  env: NodeJS.ProcessEnv,
): Promise<OpenedMedia | undefined> {
  if (flags.image === undefined) {
    throw new IngotError('cli.image', `expected an image file that says in which vCenter ${text} lies, found none`, {
      remedy: 'name it with --image FILE.yaml: its sections vcenter and placement are used',
    });
  }
  const { loadOrExplain } = await import('../load.ts');
  const image = await loadOrExplain(cli, flags.image, { vars: flags.var ?? {}, env, checkFiles: false });
  if (image === undefined) return undefined;
  const [{ connect }, { openDatacenter }, { parseDatastorePath }, { openDatastoreSource }] = await Promise.all([
    import('../../vsphere/connect.ts'),
    import('../../vsphere/inventory.ts'),
    import('../../vsphere/datastore-path.ts'),
    import('../../vsphere/datastore-source.ts'),
  ]);
  const { signal } = cli.interrupts;
  const { server, username, password, caFile, thumbprint, insecure } = image.vcenter;
  const vc = await connect({
    server,
    username,
    password: await password.resolve(),
    tls: { caFile, thumbprint, insecure },
    signal,
    onEvent: (event) => void cli.stderr.write(`${cli.redactor.text(event.message)}\n`),
  });
  try {
    const { datastore, path } = parseDatastorePath(text);
    const center = await openDatacenter(vc, image.placement.datacenter, { signal });
    const source = await openDatastoreSource(vc, center.datastore(datastore), path, { signal });
    return {
      source,
      location: { kind: 'datastore', text: source.name },
      async [Symbol.asyncDispose]() {
        await source.close();
        await vc.close();
      },
    };
  } catch (error) {
    await vc.close();
    throw error;
  }
}
