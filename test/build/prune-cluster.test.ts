import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prune } from './pruned.ts';
import { openSite } from './site.ts';

const site = await openSite({ vcsimArgs: ['-pod', '1', '-ds', '2'] });
const { govc } = site;
const disc = '00112233445566778899aabbccddeeff.iso';

test('all datastores of a cluster are looked through: an earlier build may have chosen another', async () => {
  const datastores = ['LocalDS_0', 'LocalDS_1'];
  await govc('object.mv', ...datastores.map((name) => `/DC0/datastore/${name}`), '/DC0/datastore/DC0_POD0');
  for (const name of datastores) {
    await govc('datastore.mkdir', '-ds', name, '-p', 'ingot/discs-cluster');
    await govc('datastore.upload', '-ds', name, import.meta.filename, `ingot/discs-cluster/${disc}`);
  }
  const placement = { datastore: undefined, datastoreCluster: 'DC0_POD0' };
  const file = await site.image('cluster', { placement });
  const removed = await prune(site, file, '--yes');
  assert.equal(removed.code, 0, removed.stderr);
  assert.deepEqual(
    removed.entries.map(({ folder, action }) => [folder, action]),
    datastores.map((name) => [`[${name}] ingot/discs-cluster`, 'removed']),
  );
  for (const name of datastores) assert.equal(await govc('datastore.ls', '-ds', name, 'ingot/discs-cluster'), '');
});
