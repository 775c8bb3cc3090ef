import { IngotError } from '../../common/failure.ts';
import { type FailureDomain, failureDomainsOf } from '../../image/failure-domains.ts';
import type { Compute } from '../../vsphere/inventory.ts';
import { lineage } from '../../vsphere/inventory-path.ts';
import { type Ref, ref, refText } from '../../vsphere/values.ts';
import { isUnfound } from './failure-domains.ts';
import type { PrepareContext } from './preparation.ts';

/** An object that gets the tag of a region or a zone. */
export interface Target {
  readonly ref: Ref<'Datacenter' | 'ClusterComputeResource' | 'HostSystem'>;
  readonly path: string;
  /** The name of the region or zone. */
  readonly tag: string;
  /**
   * What lies above and below it, as far as the nodes' hosts: a tag of the same category on one of them is a second
   * answer to the same question.
   */
  readonly related: readonly Ref[];
}

export interface Targets {
  readonly regions: readonly Target[];
  readonly zones: readonly Target[];
  /** Domains whose datacenter or cluster is not there. */
  readonly unfound: readonly { readonly domain: FailureDomain; readonly error: IngotError }[];
}

/** Where regions and zones are tagged: a region at its datacenter, a zone at its cluster, or at a host where it names one. */
export async function findTargets(context: PrepareContext): Promise<Targets> {
  const regions: Target[] = [];
  const zones: Target[] = [];
  const unfound: { domain: FailureDomain; error: IngotError }[] = [];
  for (const domain of failureDomainsOf(context.image)) {
    try {
      const { region, zone } = await targetsOf(context, domain);
      regions.push(region);
      zones.push(zone);
    } catch (error) {
      if (!isUnfound(error)) throw error;
      unfound.push({ domain, error });
    }
  }
  return { regions: merged(regions), zones: merged(zones), unfound };
}

async function targetsOf({ vc, signal, datacenter }: PrepareContext, domain: FailureDomain) {
  const { ref: center, compute: find } = await datacenter(domain.datacenter);
  const compute = find(domain.compute);
  const { hosts } = compute;
  const tagged = zoneObject(compute);
  const line = await lineage(vc, tagged, { signal });
  const related = [...line.map((entity) => entity.ref), ...(tagged.type === 'HostSystem' ? [] : hosts)];
  const pathOf = (object: Ref) => line.find((entity) => refText(entity.ref) === refText(object))?.path ?? '';
  const target = (object: Target['ref'], tag: string): Target => ({ ref: object, path: pathOf(object), tag, related });
  return { region: target(center, domain.region), zone: target(tagged, domain.zone) };
}

/** A stand-alone host is tagged itself: its ComputeResource is nothing that the vSphere Client shows. */
function zoneObject({ ref: { type, value }, name, host, hosts: [first] }: Compute): Target['ref'] {
  const found = host ?? (type === 'ClusterComputeResource' ? ref(type, value) : first);
  if (found !== undefined) return found;
  throw new IngotError('vsphere.answer', `expected the host of ${name} from vCenter, found none`, {
    remedy: 'Check that the account may see it.',
  });
}

/** Each object once with all that is related to it, and not itself. */
function merged(targets: readonly Target[]): readonly Target[] {
  return [...Map.groupBy(targets, ({ ref, tag }) => `${refText(ref)} ${tag}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const all = new Map(group.flatMap(({ related }) => related.map((object) => [refText(object), object] as const)));
    all.delete(refText(first.ref));
    return [{ ...first, related: [...all.values()] }];
  });
}
