import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, machineset, printed, providerSpec, refused } from './machineset-support.ts';
import { openHandoverSite } from './site.ts';

const site = await openHandoverSite('-cluster', '2', '-ds', '2');
await site.template('windows');
await site.govc('folder.create', '/DC0/vm/nodes', '/DC0/vm/rack2');
await site.govc('pool.create', '/DC0/host/DC0_C1/Resources/win');
await site.govc('object.mv', '/DC0/datastore/LocalDS_1', await folder('/DC0/datastore/fast'));
await site.govc(
  ...['vm.create', '-on=false', '-g', 'rhel9_64Guest', '-version', 'vmx-15', '-disk', '16GB', '-ds', 'LocalDS_0'],
  ...['-pool', '/DC0/host/DC0_C0/Resources', '-net', 'VM Network', 'rhcos'],
);

async function folder(path: string): Promise<string> {
  await site.govc('folder.create', path);
  return path;
}

const image = (openshift: string) =>
  site.image(`handover:
  failureDomains:
    - { name: rack1, region: us-west, zone: us-west-1a }
    - { name: rack2, region: us-west, zone: us-west-1b, compute: DC0_C1, resourcePool: win, datastore: fast/LocalDS_1, network: DC0_DVPG0, folder: rack2 }
  openshift:
    infrastructureName: mycluster-x7k2p
${openshift}`);

const set = (fields: string) => image(`    machineSet: { folder: nodes, ${fields} }`);
const nameOf = (object: unknown) => at(object, 'metadata', 'name');

test('one MachineSet for each failure domain, placed as that says', async () => {
  const { objects, stdout } = await printed(await set('name: win'));
  assert.deepEqual(objects.map(nameOf), ['win-0', 'win-1']);
  const place = (object: unknown) => [at(providerSpec(object), 'workspace'), at(providerSpec(object), 'network')];
  const { server } = site;
  assert.deepEqual(objects.map(place), [
    [
      {
        datacenter: 'DC0',
        datastore: 'LocalDS_0',
        folder: '/DC0/vm/nodes',
        resourcePool: '/DC0/host/DC0_C0/Resources',
        server,
      },
      { devices: [{ networkName: 'VM Network' }] },
    ],
    [
      {
        datacenter: 'DC0',
        datastore: '/DC0/datastore/fast/LocalDS_1',
        folder: '/DC0/vm/rack2',
        resourcePool: '/DC0/host/DC0_C1/Resources/win',
        server,
      },
      { devices: [{ networkName: 'DC0_DVPG0' }] },
    ],
  ]);
  assert.match(stdout, /# Failure domain rack2: region us-west, zone us-west-1b/);
});

test('--zone picks one, which keeps its name', async () => {
  const file = await set('name: win');
  for (const zone of ['rack2', 'us-west-1b']) {
    assert.deepEqual((await printed(file, '--zone', zone)).objects.map(nameOf), ['win-1']);
  }
  assert.match(await refused(file, '--zone', 'rack9'), /openshift\.zone(.*\n)+.*rack1 \(us-west-1a\), rack2/);
});

test('a name that is too long with the number is refused, or replaced by names that the file gives', async () => {
  const said = await refused(await set('name: winworker'));
  assert.match(said, /found winworker-0 \(11 characters\)/);
  assert.match(said, /at most 7 characters, or write handover\.openshift\.machineSet\.names: \{rack1: NAME\}/);
  const named = await set('name: winworker, names: { rack1: win-a, rack2: win-b }');
  assert.deepEqual((await printed(named)).objects.map(nameOf), ['win-a', 'win-b']);
  const same = await refused(await set('name: win, names: { rack1: win-1 }'));
  assert.match(same, /found win-1 twice/);
  const wrong = await set('name: win, names: { rack3: win-a }');
  const { code, stderr } = await machineset(wrong);
  assert.equal(code, 2);
  assert.match(stderr, /names\.rack3: .*found rack3; write one of rack1, rack2/);
});

test('autoscaler and health check beside each of them', async () => {
  const { objects } = await printed(await set('name: win, replicas: 5'), '--autoscaler', '1:6', '--health-check');
  const [, autoscaler, check, other] = objects;
  assert.deepEqual(autoscaler, {
    apiVersion: 'autoscaling.openshift.io/v1beta1',
    kind: 'MachineAutoscaler',
    metadata: { name: 'win-0', namespace: 'openshift-machine-api' },
    spec: {
      minReplicas: 1,
      maxReplicas: 6,
      scaleTargetRef: { apiVersion: 'machine.openshift.io/v1beta1', kind: 'MachineSet', name: 'win-0' },
    },
  });
  assert.deepEqual(check, {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineHealthCheck',
    metadata: { name: 'win-0', namespace: 'openshift-machine-api' },
    spec: {
      selector: { matchLabels: { 'machine.openshift.io/cluster-api-machineset': 'win-0' } },
      unhealthyConditions: [
        { type: 'Ready', status: 'False', timeout: '15m' },
        { type: 'Ready', status: 'Unknown', timeout: '15m' },
      ],
      maxUnhealthy: '40%',
      nodeStartupTimeout: '1h',
    },
  });
  assert.deepEqual([other?.kind, nameOf(other)], ['MachineSet', 'win-1']);
  const own =
    'autoscaler: { min: 0, max: 2 }, healthCheck: { maxUnhealthy: 1, nodeStartupTimeout: 90m, unhealthyFor: 90s }';
  const [, scaler, checked] = (await printed(await set(`name: win, ${own}`), '--zone', 'rack1')).objects;
  assert.deepEqual([at(scaler, 'spec', 'minReplicas'), at(scaler, 'spec', 'maxReplicas')], [0, 2]);
  assert.deepEqual([at(checked, 'spec', 'maxUnhealthy'), at(checked, 'spec', 'nodeStartupTimeout')], [1, '90m']);
  assert.equal(at(checked, 'spec', 'unhealthyConditions', 0, 'timeout'), '90s');
});

test('infrastructure nodes from a Linux template, with taints', async () => {
  const infra = (template: string) =>
    image(`    infraMachineSet:
      folder: nodes
      template: ${template}
      taints: [{ key: node-role.kubernetes.io/infra, effect: NoSchedule }]`);
  const { objects, stdout } = await printed(await infra('/DC0/vm/rhcos'), '--role', 'infra');
  assert.deepEqual(objects.map(nameOf), ['mycluster-x7k2p-infra-rack1', 'mycluster-x7k2p-infra-rack2']);
  const [first] = objects;
  const labels = at(first, 'spec', 'template', 'metadata', 'labels');
  assert.deepEqual(labels, {
    'machine.openshift.io/cluster-api-cluster': 'mycluster-x7k2p',
    'machine.openshift.io/cluster-api-machine-role': 'infra',
    'machine.openshift.io/cluster-api-machine-type': 'infra',
    'machine.openshift.io/cluster-api-machineset': 'mycluster-x7k2p-infra-rack1',
  });
  const spec = at(first, 'spec', 'template', 'spec');
  assert.deepEqual(at(spec, 'metadata'), { labels: { 'node-role.kubernetes.io/infra': '' } });
  assert.deepEqual(at(spec, 'taints'), [{ key: 'node-role.kubernetes.io/infra', effect: 'NoSchedule' }]);
  const provider = providerSpec(first);
  assert.deepEqual(at(provider, 'userDataSecret'), { name: 'worker-user-data' });
  assert.deepEqual([at(provider, 'diskGiB'), at(provider, 'numCPUs'), at(provider, 'memoryMiB')], [16, 4, 16384]);
  assert.match(stdout, /template: \/DC0\/vm\/rhcos # a VM, powered off, not made by ingot/);
  const said = await refused(await infra('/DC0/vm/windows'), '--role', 'infra');
  assert.match(said, /expected a Linux template .*windows2019srvNext_64Guest/);
  await site.govc('vm.power', '-on', 'rhcos');
  assert.match(await refused(await infra('/DC0/vm/rhcos'), '--role', 'infra'), /handover\.powered-on/);
});
