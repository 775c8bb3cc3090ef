import type { Image } from './index.ts';

/** A failure domain with what it takes over from `placement`. */
export interface FailureDomain {
  readonly name: string;
  readonly region: string;
  readonly zone: string;
  /** Name or inventory path. */
  readonly datacenter: string;
  /** Cluster or host, by its path below the datacenter's host folder. */
  readonly compute: string;
  /** Below the cluster's root pool; undefined: the root pool. */
  readonly resourcePool: string | undefined;
  /** Undefined where `placement` names a datastore cluster. */
  readonly datastore: string | undefined;
  readonly network: string;
  /** Below the datacenter's vm folder; empty: that folder itself. */
  readonly folder: string;
}

/** The failure domains of the cluster, filled in. */
export function failureDomainsOf({ handover, placement }: Image): readonly FailureDomain[] {
  return handover.failureDomains.map((domain) => ({
    name: domain.name,
    region: domain.region,
    zone: domain.zone,
    datacenter: domain.datacenter ?? placement.datacenter,
    compute: domain.compute ?? placement.compute,
    resourcePool: domain.resourcePool ?? placement.resourcePool,
    datastore: domain.datastore ?? placement.datastore,
    network: domain.network ?? placement.network,
    folder: domain.folder ?? '',
  }));
}

/** The tag categories of regions and of zones. */
export interface Topology {
  readonly regionCategory: string;
  readonly zoneCategory: string;
}

const CONVENTIONS: Readonly<Record<'kubernetes' | 'openshift', Topology>> = {
  kubernetes: { regionCategory: 'k8s-region', zoneCategory: 'k8s-zone' },
  openshift: { regionCategory: 'openshift-region', zoneCategory: 'openshift-zone' },
};

/** A topology with the names of its tag categories: as they are written, or by its convention. */
export function topologyOf({
  convention,
  regionCategory = CONVENTIONS[convention].regionCategory,
  zoneCategory = CONVENTIONS[convention].zoneCategory,
}: {
  readonly convention: keyof typeof CONVENTIONS;
  readonly regionCategory?: string | undefined;
  readonly zoneCategory?: string | undefined;
}): Topology {
  return { regionCategory, zoneCategory };
}

/** The topologies that clusters look for. */
export function topologiesOf({ prepare }: Image): readonly Topology[] {
  return prepare.topologies.map(topologyOf);
}
