import { findFolder } from '../../vsphere/folder.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import { deleteItem, readItem, updateItem } from '../../vsphere/library.ts';
import { createVmTemplateItem } from '../../vsphere/library-templates.ts';
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
import { pending, sameTemplate } from './mark.ts';
import type { CheckContext, PublishContext } from './target.ts';

/**
 * A VM template item cannot be overwritten: the new one is made beside, and takes the name when it is whole. vCenter
 * renames the VM template in the inventory with its item.
 */
export async function publishVmTemplateItem(site: LibrarySite, context: PublishContext): Promise<void> {
  const { rest, wanted, signal } = site;
  const { image, mark } = context;
  const current = await currentItem(site, image.name);
  const beside = await ownItems(site, image.name, besideName(wanted.item, ''));
  const made = beside.find((item) => sameTemplate(item.mark, mark)) ?? (await makeBeside(site, context));
  await swapItems(site, context, current, made.id);
  for (const { id, name } of beside.filter((item) => item.id !== made.id)) {
    context.progress(`Deleting the library item ${name}, which an earlier build left`);
    await deleteItem(rest, id, { signal });
  }
  await pruneItems(site, context);
}

const besideName = (item: string, build: string): string => `${item}-next-${build}`;

async function makeBeside(site: LibrarySite, context: PublishContext): Promise<{ readonly id: string }> {
  const { rest, library, wanted, signal } = site;
  const { template, mark, image, build, center } = context;
  const [folder, datastore, { pool, host }] = await Promise.all([
    folderOf(site, context),
    datastoreOf(site, context),
    center.placement(signal),
  ]);
  context.progress(`Cloning the template to the item ${wanted.item} of ${library.name}`);
  const storage = datastore === undefined ? undefined : { datastore };
  const id = await createVmTemplateItem(
    rest,
    {
      source_vm: template.vm.value,
      library: library.id,
      name: besideName(wanted.item, build),
      description: describe(template, pending(mark)),
      placement: { folder, resource_pool: pool.value, ...(host === undefined ? {} : { host: host.value }) },
      ...(storage === undefined ? {} : { disk_storage: storage, vm_home_storage: storage }),
    },
    { signal, answerMs: image.timeouts.clone },
  );
  await markItem(site, await readItem(rest, id, { signal }), describe(template, mark));
  return { id };
}

/**
 * Names of items are unique in a library, so the old one has to give it up first. Nothing may come between the two: an
 * interrupt waits, and when the second fails the first is taken back. What broke off there is ended by the next build.
 */
async function swapItems(
  { rest, wanted }: LibrarySite,
  { image }: PublishContext,
  current: OwnItem | undefined,
  made: string,
): Promise<void> {
  const signal = AbortSignal.timeout(image.timeouts.task);
  if (current !== undefined) {
    const former = formerItem(wanted.item, current.mark.build);
    await updateItem(rest, current.id, { name: former }, { signal });
  }
  try {
    await updateItem(rest, made, { name: wanted.item }, { signal });
  } catch (error) {
    if (current !== undefined)
      await updateItem(rest, current.id, { name: wanted.item }, { signal }).catch(() => undefined);
    throw error;
  }
}

/** MoRef value of the folder of the VM template. @throws IngotError `vsphere.not-found` */
export async function folderOf({ wanted }: LibrarySite, { center, image, signal }: CheckContext): Promise<string> {
  const { templateFolder, datacenterPath } = await center.placement(signal);
  if (wanted.folder === image.template.folder) return templateFolder.value;
  const datacenter = await openDatacenter(center.vc, datacenterPath, { signal });
  return (await findFolder(center.vc, datacenter, wanted.folder, { signal })).value;
}

/** MoRef value of the datastore that the image file names; undefined: vCenter takes that of the library. */
export async function datastoreOf(
  { wanted }: LibrarySite,
  { center, signal }: CheckContext,
): Promise<string | undefined> {
  if (wanted.datastore === undefined) return undefined;
  const { datacenterPath } = await center.placement(signal);
  return (await openDatacenter(center.vc, datacenterPath, { signal })).datastore(wanted.datastore).ref.value;
}
