import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { datastorePath } from './datastore-path.ts';
import { notFound } from './inventory-pick.ts';
import { findIds, ITEM, itemsOf, librariesNamed, namesOf, strings } from './library.ts';
import type { Rest, RestAddress } from './rest.ts';
import { objectOf } from './rest-errors.ts';
import { ref } from './values.ts';

export interface LibraryIso {
  /** `[datastore] contentlib-…/….iso`: what a drive of a VM takes. */
  readonly path: string;
  /** The same file on each datastore that backs the library; the first is `path`. */
  readonly paths: readonly string[];
  /** The file's name in the library. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

interface StoredFile {
  readonly name: string;
  readonly size: number;
  readonly cached: boolean;
  readonly datastore: string | undefined;
  readonly uris: readonly string[];
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * The ISO file of a content library's item, as a datastore path. Needs the right ContentLibrary.ReadStorage; without it
 * vCenter lists no files.
 *
 * @throws IngotError `vsphere.not-found` (no such library or item, with the nearest names), `vsphere.ambiguous` (several
 *   libraries of that name have it), `library.iso` (no ISO file, or several), `library.not-cached` (a subscribed
 *   library has not downloaded it), `library.storage` (on no datastore), and what `Rest.call` throws
 */
export async function resolveLibraryItem(
  vc: Vsphere,
  library: string,
  item: string,
  options: Options = {},
): Promise<LibraryIso> {
  const rest = await vc.rest();
  const found = await findIsoItem(rest, library, item, options);
  const files = storedFiles(await rest.call('GET', storageOf(found), options));
  const what = `${library}/${item}`;
  const isos = files.filter(({ name }) => /\.iso$/i.test(name));
  const [iso] = isos;
  if (iso === undefined || new Set(isos.map(({ name }) => name)).size > 1) throw notOneIso(what, files);
  const copies = isos.filter(({ cached }) => cached);
  if (copies.length === 0) throw notCached(what, iso.name);
  const paths = await datastorePaths(vc, copies, options);
  const [path] = paths;
  if (path === undefined) throw notOnDatastore(what, iso.name);
  return { path, paths, name: iso.name, size: Math.max(...copies.map(({ size }) => size)) };
}

async function findIsoItem(rest: Rest, library: string, item: string, options: Options): Promise<string> {
  // Names of libraries need not be unique.
  const libraries = await librariesNamed(rest, library, options);
  const searches = libraries.map((id) => findIds(rest, ITEM, { library_id: id, name: item }, options));
  const items = (await Promise.all(searches)).flat();
  const [found] = items;
  if (items.length > 1) throw ambiguous(library, item, items);
  if (found !== undefined) return found;
  const known = await Promise.all(libraries.map(async (id) => strings(await rest.call('GET', itemsOf(id), options))));
  throw notFound('library item', item, `content library ${library}`, await namesOf(rest, ITEM, known.flat(), options));
}

function storageOf(item: string): RestAddress {
  const id = encodeURIComponent(item);
  return { api: `${ITEM.api}/${id}/storage`, rest: `${ITEM.rest}/storage?library_item_id=${id}` };
}

function storedFiles(value: unknown): readonly StoredFile[] {
  return (Array.isArray(value) ? value : []).map((entry) => {
    const { name, size, cached, storage_backing: backing, storage_uris: uris } = objectOf(entry);
    const { datastore_id: datastore } = objectOf(backing);
    return {
      name: typeof name === 'string' ? name : '',
      size: typeof size === 'number' ? size : 0,
      cached: cached !== false,
      datastore: typeof datastore === 'string' ? datastore : undefined,
      uris: strings(uris),
    };
  });
}

/**
 * `ds:///vmfs/volumes/UUID/contentlib-…/x.iso?serverId=…` below the datastore's own URL, `ds:///vmfs/volumes/UUID/`. The
 * same file may be listed with and without a query.
 */
async function datastorePaths(vc: Vsphere, files: readonly StoredFile[], options: Options): Promise<readonly string[]> {
  const paths = files.map(async ({ datastore, uris }) => {
    if (datastore === undefined) return [];
    const values = await vc.read(ref('Datastore', datastore), ['name', 'summary.url'], options);
    const root = pathOf(values['summary.url']).replace(/\/*$/, '/');
    const inside = uris.map(pathOf).filter((path) => path.startsWith(root));
    return inside.map((path) => datastorePath(values.name, path.slice(root.length)));
  });
  return [...new Set((await Promise.all(paths)).flat())];
}

/** The path of a `ds://` URI, unescaped; vcsim gives plain paths. */
function pathOf(uri: string): string {
  const path = uri.replace(/^ds:\/*/, '/').replace(/\?.*$/, '');
  try {
    return decodeURIComponent(path).replace(/\/{2,}/g, '/');
  } catch {
    return path;
  }
}

function ambiguous(library: string, item: string, ids: readonly string[]): IngotError {
  return new IngotError(
    'vsphere.ambiguous',
    `expected one item ${item} in content libraries named ${library}, found ${ids.length}`,
    { evidence: ids, remedy: 'Rename one of the libraries, or name the ISO by its datastore path.' },
  );
}

function notOneIso(what: string, files: readonly StoredFile[]): IngotError {
  const names = [...new Set(files.map(({ name }) => name))];
  return new IngotError(
    'library.iso',
    `expected one ISO file in the library item ${what}, found ${names.join(', ') || 'no files'}`,
    {
      remedy:
        names.length === 0
          ? 'Give the account ContentLibrary.ReadStorage, without which vCenter lists no files; or import the ISO.'
          : 'Name an item that holds one ISO file.',
    },
  );
}

function notCached(what: string, name: string): IngotError {
  return new IngotError('library.not-cached', `expected ${name} of the library item ${what} on disk, found it is not`, {
    remedy:
      'The library is subscribed and downloads on demand: choose “Synchronize” for the item in the vSphere client.',
  });
}

function notOnDatastore(what: string, name: string): IngotError {
  return new IngotError(
    'library.storage',
    `expected ${name} of the library item ${what} on a datastore, found it is not`,
    {
      remedy: 'The library is backed by a file share, which no VM can mount: use one that is backed by a datastore.',
    },
  );
}
