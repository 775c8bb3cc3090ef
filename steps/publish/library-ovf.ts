import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { IngotError } from '../../common/failure.ts';
import { copyItem, deleteItem, findItem, itemFiles, readItem, updateItem } from '../../vsphere/library.ts';
import { captureOvf } from '../../vsphere/library-templates.ts';
import {
  currentItem,
  describe,
  formerItem,
  type LibrarySite,
  markItem,
  type OwnItem,
  ownItems,
  pruneItems,
} from './library-item.ts';
import { isPending, pending } from './mark.ts';
import type { PublishContext } from './target.ts';

/**
 * Captures the template as the new version of the library's OVF item, which keeps its id. vCenter overwrites the old
 * content, so that is copied to an item of its own first. While it works, and after it broke off, the item says that it
 * is ours and of no template.
 */
export async function publishOvfItem(site: LibrarySite, context: PublishContext): Promise<void> {
  const { rest, library, wanted, signal } = site;
  const { template, mark, image } = context;
  const current = await currentItem(site, image.name);
  if (current !== undefined) {
    if (wanted.keep > 0 && !isPending(current.mark)) await keepVersion(site, context, current);
    await markItem(site, current, describe(template, pending(mark)));
  }
  context.progress(`Capturing the OVF item ${wanted.item} in ${library.name}`);
  const spec = { name: wanted.item, description: describe(template, pending(mark)) };
  const target = { library: library.id, item: current?.id };
  const id = await captureOvf(rest, template.vm, target, spec, {
    signal,
    answerMs: image.timeouts.clone,
    // One capture a template and build: what a lost answer makes us send again is not done twice.
    clientToken: tokenOf('capture', context.build, mark.fingerprint, library.id, wanted.item),
  });
  const made = await readItem(rest, id, { signal });
  if (current !== undefined && current.contentVersion !== '' && made.contentVersion === current.contentVersion) {
    throw new IngotError(
      'publish.not-captured',
      `expected a new version of ${wanted.item} in the content library ${library.name}, found version ${made.contentVersion} as before`,
      { remedy: 'look at the task in vCenter, then build again: only publishing runs', retryable: true },
    );
  }
  await markItem(site, made, describe(template, mark));
  await pruneItems(site, context);
}

/** Copies the content that is about to be overwritten, and waits until vCenter has copied it. */
async function keepVersion(site: LibrarySite, context: PublishContext, current: OwnItem): Promise<void> {
  const { rest, library, wanted, signal } = site;
  const { image } = context;
  const name = formerItem(wanted.item, current.mark.build);
  const [before] = (await ownItems(site, image.name, name)).filter((item) => item.name === name);
  if (before !== undefined && !isPending(before.mark)) return;
  if (before !== undefined) await deleteItem(rest, before.id, { signal });
  else if ((await findItem(rest, library.id, name, { signal })) !== undefined) throw taken(name, library.name);
  context.progress(`Keeping the version of before as ${name}`);
  const unfinished = describe({ windows: 'Copy under way' }, pending(current.mark));
  const to = { name, description: unfinished, type: current.type };
  const token = tokenOf('copy', context.build, current.mark.fingerprint, library.id, name);
  const id = await copyItem(rest, { id: current.id, library: library.id }, to, token, { signal });
  await copied(site, current, id, Date.now() + image.timeouts.clone);
  // Whole now. What the server did not take with the copy it gets here, too.
  const { description } = current;
  await updateItem(rest, id, { name, description }, { signal });
}

/**
 * vCenter copies files after it has answered, in a task that its API gives no name of: what can be seen is which files
 * are there. If it fails, vCenter takes the copy away.
 */
async function copied({ rest, signal }: LibrarySite, from: OwnItem, to: string, until: number): Promise<void> {
  const wanted = (await itemFiles(rest, from.id, { signal })).length;
  if (wanted === 0 && from.contentVersion !== '') {
    // Nothing could tell when the copy is whole, and the capture would overwrite what is being copied.
    throw new IngotError(
      'publish.library-files',
      `expected to see the files of the library item ${from.name}, of which there is version ${from.contentVersion}, found none`,
      { remedy: 'give the account ContentLibrary.ReadStorage, without which vCenter lists no files' },
    );
  }
  for (let waitMs = 250; ; waitMs = Math.min(2 * waitMs, 10_000)) {
    const found = (await itemFiles(rest, to, { signal })).length;
    if (found >= wanted) return;
    if (Date.now() > until) {
      throw new IngotError(
        'publish.copy-late',
        `expected ${wanted} files in the copy of the library item ${from.name}, found ${found} when its time was over`,
        { remedy: 'look at the task in vCenter; raise timeouts.clone if it was only slow', timedOut: true },
      );
    }
    await pause(waitMs, undefined, { signal });
  }
}

function taken(name: string, library: string): IngotError {
  return new IngotError(
    'publish.not-ours',
    `expected the name ${name} to be free or ours in the content library ${library}, found one that ingot did not make`,
    { remedy: 'rename that item; ingot never touches what it did not make' },
  );
}

/** A UUID made of what is done: the same work has the same token. */
function tokenOf(...parts: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
