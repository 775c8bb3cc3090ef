import { keys } from '../../image/names.ts';
import { deleteDatastoreFile, searchDatastore } from '../../vsphere/datastore-files.ts';
import { datastorePath } from '../../vsphere/datastore-path.ts';
import { ageOf, type Leftover } from './leftover.ts';
import type { Center, Place } from './place.ts';
import type { ImageVms, VmFacts } from './vms.ts';

/** The name that the step answer-disc gives: nothing else in its folder is ours. */
const discName = /^[0-9a-f]{32}\.iso$/;

/** Answer discs of an image. Each holds a password, so one that no VM has is removed whatever its age. */
export async function findDiscs(center: Center, place: Place, vms: ImageVms, signal: AbortSignal): Promise<Leftover[]> {
  const { image, names } = place;
  const found = await Promise.all(
    place.datastores.map(async (location) => {
      const files = await searchDatastore(center.vc, location, names.discFolder, ['*.iso'], { signal });
      return (files ?? [])
        .filter((file) => !file.isFolder && discName.test(file.name))
        .map((file) => ({ location, file }));
    }),
  );
  const discs = found.flat();
  const ours = [vms.master, vms.candidate, vms.template].filter((vm) => vm?.config?.get(keys.image) === image.name);
  const leftovers = discs.map(async ({ location, file }): Promise<Leftover> => {
    const path = `${names.discFolder}/${file.name}`;
    const full = datastorePath(location.name, path);
    const reason = holderOf(full, ours, vms.master) ?? inDrive((await center.drives()).get(full));
    const remove = async (stop: AbortSignal) => {
      const deadlineMs = image.timeouts.task;
      await deleteDatastoreFile(center.vc, location, path, { missing: 'ignore', signal: stop, deadlineMs });
    };
    return {
      kind: 'answer-disc',
      vcenter: center.server,
      image: image.name,
      folder: datastorePath(location.name, names.discFolder),
      name: file.name,
      bytes: file.size ?? null,
      since: file.modified ?? null,
      ageMs: ageOf(file.modified, center.now),
      why: reason ?? 'no VM has it, and it holds a password',
      needsMedia: false,
      remove: reason === undefined ? remove : undefined,
    };
  });
  return Promise.all(leftovers);
}

/** Why a disc stays that a VM of ours speaks of; every disc does while the master cannot be asked. */
function holderOf(
  path: string,
  ours: readonly (VmFacts | undefined)[],
  master: VmFacts | undefined,
): string | undefined {
  if (master !== undefined && master.config === undefined)
    return `vCenter cannot read ${master.name} now, which may have it`;
  const holder = ours.find((vm) => vm?.config?.get(keys.disc) === path);
  if (holder === undefined) return undefined;
  return holder.power === 'poweredOn'
    ? `${holder.name} installs Windows from it`
    : `${holder.name} has it: the next build goes on with it`;
}

function inDrive(vm: string | undefined): string | undefined {
  return vm === undefined ? undefined : `in a CD drive of ${vm}`;
}
