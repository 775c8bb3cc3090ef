import { topologiesOf } from '../../image/failure-domains.ts';
import { listCategories } from '../../vsphere/tags.ts';
import { attachedTags } from '../../vsphere/tags-attached.ts';
import { type Ref, refText } from '../../vsphere/values.ts';
import { attachPreparation } from './attach.ts';
import type { Preparation, PrepareContext } from './preparation.ts';
import { type CategoryWanted, categoryPreparations, readCategory, tagPreparation } from './tag-category.ts';
import { elsewhere } from './tag-elsewhere.ts';
import { findTargets, type Target, type Targets } from './topology.ts';

/**
 * The tags by which clusters know where their nodes run: a region at its datacenter, a zone at its cluster. Sources: the
 * documentation of the vSphere CSI driver (topology), of OpenShift (regions and zones for vSphere: each tag once in the
 * hierarchy), and of TKG (multiple availability zones).
 */
export async function findTags(context: PrepareContext): Promise<readonly Preparation[]> {
  const targets = await findTargets(context);
  const { regions, zones, unfound } = targets;
  if (regions.length + unfound.length === 0) return [];
  const { vc, signal, image } = context;
  const all = [...regions, ...zones].flatMap(({ ref, related }): readonly Ref[] => [ref, ...related]);
  const unique = [...new Map(all.map((ref) => [refText(ref), ref])).values()];
  const [categories, attached] = await Promise.all([
    listCategories(vc, { signal }),
    attachedTags(vc, unique, { signal }),
  ]);
  const found: Preparation[] = [];
  for (const wanted of wantedCategories(image, targets)) {
    const category = await readCategory(context, categories, wanted.name);
    found.push(...categoryPreparations(context, wanted, category));
    for (const tag of new Set(wanted.targets.map((target) => target.tag))) {
      const note = await elsewhere(context, category, tag, wanted.targets);
      const explain = `${wanted.kind} of ${pathsOf(wanted, tag)}.`;
      const preparation = tagPreparation(context, wanted, category, { name: tag, description: '', explain });
      found.push(note === undefined ? preparation : { ...preparation, note });
    }
    for (const target of wanted.targets)
      found.push(await attachPreparation(context, wanted, category, target, attached));
  }
  return [...found, ...unfound.map(notTagged)];
}

interface TopologyCategory extends CategoryWanted {
  readonly kind: 'Region' | 'Zone';
  readonly targets: readonly Target[];
}

function wantedCategories(image: PrepareContext['image'], { regions, zones }: Targets): readonly TopologyCategory[] {
  const wanted = topologiesOf(image).flatMap(({ regionCategory, zoneCategory }): TopologyCategory[] => [
    { ...category(regionCategory, regions), kind: 'Region', why: 'Clusters read the region of their nodes from it.' },
    { ...category(zoneCategory, zones), kind: 'Zone', why: 'Clusters read the zone of their nodes from it.' },
  ]);
  // Without anything to tag there is nothing to say what a category is for.
  return [...new Map(wanted.map((each) => [each.name, each])).values()].filter(({ targets }) => targets.length > 0);
}

function category(name: string, targets: readonly Target[]) {
  const types = [...new Set(targets.map(({ ref }) => ref.type))].sort();
  return { part: 'tags', name, description: 'Topology of Kubernetes', types, cardinality: 'SINGLE', targets } as const;
}

function pathsOf({ targets }: TopologyCategory, tag: string): string {
  return targets
    .filter((target) => target.tag === tag)
    .map(({ path }) => path)
    .join(', ');
}

function notTagged({ domain, error }: Targets['unfound'][number]): Preparation {
  return {
    part: 'tags',
    object: `failure domain ${domain.name}`,
    what: `tags ${domain.region} and ${domain.zone}`,
    state: 'manual',
    found: 'nothing to attach them to',
    wanted: 'attached',
    explain: [error.message, ...(error.evidence ?? [])].join('; '),
    steps: [error.remedy ?? 'Correct the failure domain in the image file.'],
  };
}
