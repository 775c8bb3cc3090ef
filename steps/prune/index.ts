import type { Image } from '../../image/index.ts';
import { namesOf } from '../../image/names.ts';
import { ref } from '../../vsphere/values.ts';
import { connectVcenter } from '../vcenter/connect.ts';
import { leaseFolder } from '../vcenter/lease-file.ts';
import { isGone } from '../vcenter/lease-holder.ts';
import { findDiscs } from './discs.ts';
import { judgeVms } from './judge-vms.ts';
import { ageOf, isOlder, type Leftover, leftoverKinds, type PruneRules } from './leftover.ts';
import { findMedia, type MediaPlace } from './media.ts';
import { type Center, type Place, placeFinder } from './place.ts';
import { readVms } from './vms.ts';

export type { Leftover, LeftoverKind, PruneRules } from './leftover.ts';

export interface FindOptions extends PruneRules {
  readonly signal: AbortSignal;
  warn(message: string): void;
}

/** What was found; the connections stay open until `close`, so that it can be removed. */
export interface Leftovers {
  /** By vCenter, and there in the order in which it is to be removed. */
  readonly found: readonly Leftover[];
  /** Why a vCenter, or the places of an image in it, could not be looked at. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

/** Looks for what builds of these images left in their vCenters, each of which is asked once. Changes nothing. */
export async function findLeftovers(images: readonly Image[], options: FindOptions): Promise<Leftovers> {
  const connections: { close(): Promise<void> }[] = [];
  const failures: unknown[] = [];
  const close = async () => void (await Promise.all(connections.map((connection) => connection.close())));
  const settle = async <T>(work: readonly Promise<T[]>[]): Promise<T[]> => {
    const results = await Promise.allSettled(work);
    for (const result of results) if (result.status === 'rejected') failures.push(result.reason);
    return results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  };
  const look = async (group: readonly Image[]): Promise<Leftover[]> => {
    const [first] = group;
    if (first === undefined) return [];
    const { signal, warn } = options;
    const connection = connectVcenter(first, { names: namesOf(first), screenshotPath: () => '', signal, warn });
    connections.push(connection);
    const { vc } = await connection.vcenter();
    const now = Date.parse(await vc.call('CurrentTime', ref('ServiceInstance', 'ServiceInstance'), {}, { signal }));
    const center: Center = { vc, server: first.vcenter.server, now, rules: options, drives: drivesOf(vc, signal) };
    const placeOf = placeFinder(vc, signal);
    const places = await settle(group.map(async (image) => [await placeOf(image)]));
    return settle([
      ...places.map((place) => ofImage(center, place, signal)),
      ...mediaPlaces(places).map((place) => findMedia(center, place, signal)),
    ]);
  };
  try {
    const found = await settle([...Map.groupBy(images, account).values()].map(look));
    options.signal.throwIfAborted();
    return { found: inOrder(found), failures, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ofImage(center: Center, place: Place, signal: AbortSignal): Promise<Leftover[]> {
  const vms = await readVms(center, place, signal);
  const found = [...(await findDiscs(center, place, vms, signal)), ...judgeVms(center, place, vms)];
  if (found.every(({ remove }) => remove === undefined) || !(await isBuilt(center, place, signal))) return found;
  return found.map((one) =>
    one.remove === undefined ? one : { ...one, remove: undefined, why: `a build of ${place.image.name} is at work` },
  );
}

/** Whether a build has signed its lease of the image a moment ago and may still be at work. */
async function isBuilt(center: Center, { image, names, datastores }: Place, signal: AbortSignal): Promise<boolean> {
  const signed = await Promise.all(
    datastores.map((location) => leaseFolder(center.vc, location, names.leaseFolder).signed(signal)),
  );
  const fresh = signed.flat().filter(({ modified }) => !isOlder(ageOf(modified, center.now), image.timeouts.lease));
  const gone = await Promise.all(fresh.map(({ holder }) => holder !== undefined && isGone(holder)));
  return gone.includes(false);
}

/** Images of the same connection. */
function account({ vcenter }: Image): string {
  const { server, username, password, caFile, thumbprint, insecure } = vcenter;
  return JSON.stringify([server, username, password, caFile, thumbprint, insecure]);
}

/** Each folder of media once, whatever number of images share it. */
function mediaPlaces(places: readonly Place[]): MediaPlace[] {
  const all = places.flatMap(({ datastores, names, datacenter, image }) =>
    datastores.map((location) => ({ location, folder: names.mediaFolder, datacenter, taskMs: image.timeouts.task })),
  );
  return [...new Map(all.map((place) => [place.location.ref.value, place])).values()];
}

/** Read when it is first asked for, and once. */
function drivesOf(vc: Center['vc'], signal: AbortSignal): Center['drives'] {
  let reading: Promise<ReadonlyMap<string, string>> | undefined;
  return () => {
    reading ??= import('../../vsphere/all-vms.ts')
      .then(({ readDrives }) => readDrives(vc, { signal }))
      .then((vms) => new Map(vms.flatMap(({ name, isos }) => isos.map((iso) => [plain(iso), name] as const))));
    return reading;
  };
}

/** As `datastorePath` writes it: whoever made the VM may have written it with other blanks. */
function plain(iso: string): string {
  return iso.replace(/^\[([^\]]*)\]\s*/, '[$1] ');
}

/** Each once, though two image files may be of one image. */
function inOrder(found: readonly Leftover[]): Leftover[] {
  const key = ({ vcenter, kind, folder, name }: Leftover) =>
    [vcenter, leftoverKinds.indexOf(kind), folder, name].join('\n');
  const each = new Map(found.map((leftover) => [key(leftover), leftover]));
  return [...each].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, leftover]) => leftover);
}
