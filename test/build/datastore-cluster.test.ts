import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { assertDone } from './built.ts';
import { openSite } from './site.ts';

const trace = join(mkdtempSync(join(tmpdir(), 'ingot-test-trace-')), 'trace');
after(() => rmSync(dirname(trace), { recursive: true }));

const site = await openSite({ vcsimArgs: ['-pod', '1', '-ds', '2', '-trace', '-trace-file', trace] });
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

test('what Storage DRS is asked about a clone holds no password of a customization', async () => {
  const source = { template: 'cluster', customization: { password: 'env:FRESH' } };
  const more = { media: undefined, hardware: { disk: undefined }, smokeTest: { enabled: false } };
  const file = await site.image('derived', { placement, source, ...more });
  assertDone(await site.build(file, { env: { FRESH: 'Correct-Horse-7' } }));
  const sent = readFileSync(trace, 'utf8');
  const asked = sent.match(/<RecommendDatastores\b.*?<\/RecommendDatastores>/gs) ?? [];
  const clones = asked.filter((request) => request.includes('<cloneName>derived-master<'));
  assert.equal(clones.length, 1);
  assert.doesNotMatch(clones.join(), /Correct-Horse-7|<customization/);
  assert.match(sent, /<customization\b.*Correct-Horse-7/s);
});
