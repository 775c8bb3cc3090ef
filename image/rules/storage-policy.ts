import type { Rule } from './rule.ts';

/** The datastores of a storage policy are named one by one, or by their datastore cluster. */
export const storagePolicy: Rule = ({ prepare }, raw) => {
  const policy = prepare?.storagePolicy;
  if (policy === undefined) return [];
  const path = ['prepare', 'storagePolicy'];
  const has = (key: string) => !['', undefined].some((nothing) => nothing === raw([...path, key]));
  const named = has('datastores') && policy.datastores?.length !== 0;
  if (named !== has('datastoreCluster')) return [];
  return [
    {
      path: named ? [...path, 'datastoreCluster'] : path,
      atKey: named,
      code: 'storage-policy.datastores',
      expected: 'either datastores or datastoreCluster',
      found: named ? 'both' : 'neither',
      remedy: named ? 'remove one' : 'add one',
    },
  ];
};
