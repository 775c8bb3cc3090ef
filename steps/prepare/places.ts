import { failureDomainsOf } from '../../image/failure-domains.ts';
import type { Image } from '../../image/index.ts';
import type { Datacenter } from '../../vsphere/inventory.ts';
import { splitPath } from '../../vsphere/names.ts';

/** A place of an image: where it is built, or where nodes of a cluster run. */
export interface NamedPlace {
  /** `placement`, `template`, or `failure domain NAME`. */
  readonly of: string;
  /** Datacenter by name or inventory path. */
  readonly datacenter: string;
  readonly compute: string;
  /** Below the cluster's root pool; undefined: the root pool. */
  readonly resourcePool: string | undefined;
  /** Below the datacenter's vm folder; empty: that folder. */
  readonly folder: string;
  readonly network: string;
}

/** Where the image is built. */
export function placementOf({ placement }: Image): NamedPlace {
  const { datacenter, compute, resourcePool, folder, network } = placement;
  return { of: 'placement', datacenter, compute, resourcePool, folder, network };
}

/** Where nodes run: the failure domains; of a cluster without any, where the image is built. */
export function nodePlaces(image: Image): readonly NamedPlace[] {
  const domains = failureDomainsOf(image).map(
    (domain): NamedPlace => ({
      of: `failure domain ${domain.name}`,
      datacenter: domain.datacenter,
      compute: domain.compute,
      resourcePool: domain.resourcePool,
      folder: domain.folder,
      network: domain.network,
    }),
  );
  const { openshift, tanzu } = image.handover;
  if (domains.length > 0 || (openshift === undefined && tanzu === undefined)) return domains;
  return [{ ...placementOf(image), of: 'the nodes' }];
}

/** Full inventory path of something below a folder of a datacenter, as it is written or as a full path. */
export function pathBelow(center: Datacenter, branch: 'vm' | 'host' | 'network', path: string): string {
  const root = `${center.path}/${branch}`;
  return path.startsWith(`${root}/`) ? path : [root, ...splitPath(path)].join('/');
}

/** What several places have in common is one preparation: their names by a key. */
export function byKey<T>(items: readonly T[], key: (item: T) => string): readonly (readonly [T, readonly T[]])[] {
  return [...Map.groupBy(items, key).values()].flatMap((all) => all.slice(0, 1).map((first) => [first, all] as const));
}
