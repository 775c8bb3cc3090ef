import { IngotError } from '../../common/failure.ts';
import type { LibraryItemWanted } from '../../image/finish-publish.ts';
import { deleteItem, findItem, type Library, type LibraryItem, listItems, updateItem } from '../../vsphere/library.ts';
import type { Rest } from '../../vsphere/rest.ts';
import { isPending, markLine, parseMark } from './mark.ts';
import type { BuiltTemplate, Mark, PublishContext } from './target.ts';

/** An item of ours, with what its description says. */
export interface OwnItem extends LibraryItem {
  readonly mark: Mark;
}

/** One library that is published to. */
export interface LibrarySite {
  readonly rest: Rest;
  readonly library: Library;
  readonly wanted: LibraryItemWanted;
  readonly signal: AbortSignal;
}

/**
 * The item that has the name now; undefined if there is none.
 *
 * @throws IngotError `publish.not-ours` for an item that ingot did not make for this image, or of another type
 */
export async function currentItem(
  { rest, library, wanted, signal }: LibrarySite,
  image: string,
): Promise<OwnItem | undefined> {
  const found = await findItem(rest, library.id, wanted.item, { signal });
  if (found === undefined) return undefined;
  const mark = parseMark(found.description);
  if (mark?.image === image && found.type === wanted.type) return { ...found, mark };
  const whose = mark === undefined ? 'one that ingot did not make' : `one of the image ${mark.image}`;
  throw new IngotError(
    'publish.not-ours',
    `expected the name ${wanted.item} to be free or ours (type ${wanted.type}) in the content library ${library.name}, found ${whose} (type ${found.type || 'none'})`,
    {
      evidence: found.description === '' ? [] : [`its description: ${found.description.slice(0, 200)}`],
      remedy:
        'rename that item or choose another one in publish.contentLibraries; ingot never touches what it did not make',
    },
  );
}

/** Items of ours whose names begin with a prefix, the newest first. */
export async function ownItems(
  { rest, library, wanted, signal }: LibrarySite,
  image: string,
  prefix: string,
): Promise<readonly OwnItem[]> {
  const items = await listItems(rest, library.id, { signal });
  return items
    .filter(({ name, type }) => name.startsWith(prefix) && type === wanted.type)
    .flatMap((item) => {
      const mark = parseMark(item.description);
      return mark?.image === image ? [{ ...item, mark }] : [];
    })
    .sort((a, b) => (a.name < b.name ? 1 : -1));
}

/** The name of a version that had to give it up; sorts by age. */
export const formerItem = (item: string, build: string): string => `${item}-before-${build}`;

/** Deletes earlier versions but for the newest ones. One that cannot go stays until the next is published. */
export async function pruneItems(site: LibrarySite, context: PublishContext): Promise<void> {
  const { rest, wanted, signal } = site;
  const old = await ownItems(site, context.image.name, formerItem(wanted.item, ''));
  const whole = old.filter(({ mark }) => !isPending(mark));
  for (const item of whole.slice(wanted.keep)) {
    context.progress(`Deleting the library item ${item.name}`);
    try {
      await deleteItem(rest, item.id, { signal });
    } catch (error) {
      signal.throwIfAborted();
      context.warn(`the old library item ${item.name} stays: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** Says on an item which template it is of; not sent where it says so already. */
export async function markItem({ rest, signal }: LibrarySite, item: LibraryItem, description: string): Promise<void> {
  if (item.description !== description) await updateItem(rest, item.id, { description }, { signal });
}

/** What a person reads in the vSphere client, and the line that ingot reads. */
export function describe({ windows }: Pick<BuiltTemplate, 'windows'>, mark: Mark): string {
  return `${windows}, built by ingot ${mark.build}\n${markLine(mark)}`;
}
