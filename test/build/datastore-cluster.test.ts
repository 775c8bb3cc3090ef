import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDone } from './built.ts';
import { openSite } from './site.ts';

const site = await openSite({ vcsimArgs: ['-pod', '1', '-ds', '2'] });
const { govc, lab } = site;
const datastores = ['LocalDS_0', 'LocalDS_1'];
await govc('object.mv', ...datastores.map((name) => `/DC0/datastore/${name}`), '/DC0/datastore/DC0_POD0');
// vcsim recommends the first of the cluster; this makes the other one the emptiest.
await govc('vm.create', '-ds', 'LocalDS_0', '-on=false', '-disk', '20GB', 'large');
const placement = { datastore: undefined, datastoreCluster: 'DC0_POD0' };

test('Storage DRS chooses the datastore of each VM; without its advice it is the emptiest, with a warning', async () => {
  // The first that asks is the master.
  await lab.faults.inject({ kind: 'soap', method: 'RecommendDatastores', type: 'InvalidArgument' });
  const built = await site.build(await site.image('cluster', { placement }));
  assertDone(built);
  const { RecommendDatastores: asked } = await lab.counts();
  assert.equal(asked, 3, 'for the master, its clone, and that of the smoke test');
  const [warning, ...more] = built.of('warning').map(({ message }) => message);
  assert.match(warning ?? '', /^DC0_POD0: .*Storage DRS.*InvalidArgument.*LocalDS_1/);
  assert.deepEqual(more, []);
  const paths = await govc('object.collect', '-s', 'vm/cluster-master', 'config.files.vmPathName');
  assert.match(paths, /^\[LocalDS_1\] /);
  const template = await govc('object.collect', '-s', 'vm/cluster', 'config.files.vmPathName');
  assert.match(template, /^\[LocalDS_0\] /);
});
