import type { Rule } from './rule.ts';

export const oneDatastore: Rule = ({ placement }, raw) => {
  if (placement === undefined) return [];
  const { datastore, datastoreCluster } = placement;
  const both = datastore !== undefined && datastoreCluster !== undefined;
  const left = (key: string) => ['', undefined].some((nothing) => nothing === raw(['placement', key]));
  const none = left('datastore') && left('datastoreCluster');
  if (!both && !none) return [];
  return [
    {
      path: both ? ['placement', 'datastoreCluster'] : ['placement', 'datastore'],
      atKey: true,
      code: 'placement.datastore',
      expected: 'either datastore or datastoreCluster',
      found: both ? 'both' : 'neither',
      remedy: both ? 'remove one' : 'add one',
    },
  ];
};
