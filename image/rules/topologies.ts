import { topologyOf } from '../failure-domains.ts';
import type { Finding } from '../problem.ts';
import type { Rule } from './rule.ts';

/**
 * A tag category answers one question: which region, which zone, or which datastores of a storage policy. Of one with two
 * meanings an object would need two tags, and clusters fail on two.
 */
export const topologies: Rule = ({ prepare }, raw) => {
  const meanings = new Map<string, string>();
  const clash = (category: string | undefined, meaning: string, path: readonly (string | number)[]): Finding[] => {
    if (category === undefined) return [];
    const first = meanings.get(category) ?? meaning;
    meanings.set(category, first);
    if (first === meaning) return [];
    return [
      {
        // What the convention names stands nowhere: then it is the topology.
        path: raw(path) === undefined ? path.slice(0, -1) : path,
        code: 'topology.category',
        expected: `another tag category for ${meaning} than for ${first}`,
        found: `${category} for both`,
        remedy: 'give each of them a category of its own',
      },
    ];
  };
  const named = (prepare?.topologies ?? []).flatMap((topology, index) => {
    if (topology?.convention === undefined) return [];
    const { regionCategory, zoneCategory } = topologyOf({ ...topology, convention: topology.convention });
    const at = ['prepare', 'topologies', index];
    return [
      ...clash(regionCategory, 'regions', [...at, 'regionCategory']),
      ...clash(zoneCategory, 'zones', [...at, 'zoneCategory']),
    ];
  });
  const policy = ['prepare', 'storagePolicy', 'tagCategory'];
  return [...named, ...clash(prepare?.storagePolicy?.tagCategory, 'the datastores of a storage policy', policy)];
};
