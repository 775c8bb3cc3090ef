import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emptyFolder } from '../cli/ingot.ts';
import { checkedObjects } from './crd.ts';
import { at, machineset, providerSpec, sample } from './machineset-support.ts';

/** The facts of the published example. */
const facts = `
    infrastructureName: cluster-zbwlg-cbgq7
    version: 4.9.17
    infraMachineSet:
      replicas: 0
      nodeLabels: { role: storage-node, node-role.kubernetes.io/worker: '' }
    aws:
      region: us-east-2
      ami: ami-01af87a6ecc18023d
      instanceType: m5.4xlarge
      instanceProfile: cluster-zbwlg-cbgq7-worker-profile
      securityGroups: [{ name: cluster-zbwlg-cbgq7-worker-sg }]
      volume: { size: 120GiB, type: gp3, iops: 0 }
      zones: [{ zone: us-east-2a, subnet: { name: cluster-zbwlg-cbgq7-private-us-east-2a } }]`;

/** Runs `ingot handover machineset --platform aws`; there is no vCenter, nor a key. */
async function aws(t: TestContext, openshift: string, ...args: readonly string[]) {
  const folder = emptyFolder(t);
  const file = join(folder, 'image.yaml');
  await writeFile(
    file,
    `apiVersion: ingot/v1
name: windows
vcenter: { server: vcenter.invalid, username: user, password: env:PASSWORD }
placement: { datacenter: DC0, compute: C, datastore: D, network: N }
media: { iso: windows.iso }
windows: { version: 2022, edition: Standard }
openssh: { authorizedKeys: ['file:./key.pub'], privateKey: 'file:./key' }
${openshift === '' ? '' : `handover:\n  openshift:${openshift}\n`}`,
  );
  return machineset(file, '--platform', 'aws', ...args);
}

const id = 'cluster-zbwlg-cbgq7';
const name = `${id}-infra-us-east-2a`;
const roles = {
  'machine.openshift.io/cluster-api-machine-role': 'infra',
  'machine.openshift.io/cluster-api-machine-type': 'infra',
};

test('the infra MachineSet of the published example, for the same facts', async (t) => {
  const { code, stdout, stderr } = await aws(t, facts);
  assert.equal(code, 0, stderr);
  const expected = {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineSet',
    metadata: {
      labels: { 'machine.openshift.io/cluster-api-cluster': id, ...roles },
      name,
      namespace: 'openshift-machine-api',
    },
    spec: {
      replicas: 0,
      selector: {
        matchLabels: {
          'machine.openshift.io/cluster-api-cluster': id,
          'machine.openshift.io/cluster-api-machineset': name,
        },
      },
      template: {
        metadata: {
          creationTimestamp: null,
          labels: {
            'machine.openshift.io/cluster-api-cluster': id,
            ...roles,
            'machine.openshift.io/cluster-api-machineset': name,
          },
        },
        spec: {
          metadata: {
            creationTimestamp: null,
            labels: { role: 'storage-node', 'node-role.kubernetes.io/worker': '' },
          },
          providerSpec: {
            value: {
              ami: { id: 'ami-01af87a6ecc18023d' },
              apiVersion: 'awsproviderconfig.openshift.io/v1beta1',
              blockDevices: [{ ebs: { iops: 0, volumeSize: 120, volumeType: 'gp3' } }],
              credentialsSecret: { name: 'aws-cloud-credentials' },
              deviceIndex: 0,
              iamInstanceProfile: { id: `${id}-worker-profile` },
              instanceType: 'm5.4xlarge',
              kind: 'AWSMachineProviderConfig',
              metadata: { creationTimestamp: null },
              placement: { availabilityZone: 'us-east-2a', region: 'us-east-2' },
              publicIp: null,
              securityGroups: [{ filters: [{ name: 'tag:Name', values: [`${id}-worker-sg`] }] }],
              subnet: { filters: [{ name: 'tag:Name', values: [`${id}-private-us-east-2a`] }] },
              tags: [{ name: `kubernetes.io/cluster/${id}`, value: 'owned' }],
              userDataSecret: { name: 'worker-user-data' },
            },
          },
          versions: { kubelet: '' },
        },
      },
    },
  };
  assert.deepEqual(checkedObjects(stdout), [expected]);
  const published = sample('openshift-infra-machineset-aws.yaml');
  if (published === undefined) return;
  // As published, its last line is indented two levels too few: `kubelet` stands outside of `versions`, which is empty.
  const { spec } = expected;
  const { template } = spec;
  const unmended = { ...template, spec: { ...template.spec, versions: null }, kubelet: template.spec.versions.kubelet };
  assert.deepEqual({ ...expected, spec: { ...spec, template: unmended } }, published);
});

test('from OpenShift 4.12 on without the fields that its schema does not know', async (t) => {
  const { stdout } = await aws(t, facts.replace('4.9.17', '4.12.0'));
  const [set] = checkedObjects(stdout);
  assert.deepEqual(Object.keys(Object(at(set, 'spec', 'template', 'metadata'))), ['labels']);
  assert.deepEqual(Object.keys(Object(at(set, 'spec', 'template', 'spec'))), ['metadata', 'providerSpec']);
  assert.deepEqual(Object.keys(Object(at(set, 'spec', 'template', 'spec', 'metadata'))), ['labels']);
});

test('a MachineSet for each availability zone; ids and filters in place of names; infra nodes if nothing else is said', async (t) => {
  const openshift = facts
    .replace(
      / +nodeLabels.*\n/,
      '      taints: [{ key: node-role.kubernetes.io/infra, value: reserved, effect: NoExecute }]\n',
    )
    .replace(/ +zones: .*/, '')
    .replace(', iops: 0', '')
    .replace(/\[\{ name: cluster-zbwlg-cbgq7-worker-sg \}\]/, '[{ id: sg-0123456789abcdef0 }]');
  const zones = `
      tags: { cost-center: '4711' }
      zones:
        - { zone: us-east-2a, subnet: { id: subnet-0123456789abcdef0 } }
        - { zone: us-east-2b, subnet: { filters: [{ name: 'tag:tier', values: [private, inner] }] } }`;
  const { code, stdout, stderr } = await aws(t, `${openshift}${zones}`, '--replicas', '2');
  assert.equal(code, 0, stderr);
  const sets = checkedObjects(stdout);
  assert.deepEqual(
    sets.map((set) => [at(set, 'metadata', 'name'), at(set, 'spec', 'replicas')]),
    [
      [name, 2],
      [`${id}-infra-us-east-2b`, 2],
    ],
  );
  const [first, second] = sets;
  assert.deepEqual(at(first, 'spec', 'template', 'spec', 'metadata', 'labels'), {
    'node-role.kubernetes.io/infra': '',
  });
  assert.deepEqual(at(first, 'spec', 'template', 'spec', 'taints'), [
    { key: 'node-role.kubernetes.io/infra', value: 'reserved', effect: 'NoExecute' },
  ]);
  const spec = providerSpec(first);
  assert.deepEqual(at(spec, 'subnet'), { id: 'subnet-0123456789abcdef0' });
  assert.deepEqual(at(spec, 'securityGroups'), [{ id: 'sg-0123456789abcdef0' }]);
  assert.deepEqual(at(spec, 'blockDevices'), [{ ebs: { volumeSize: 120, volumeType: 'gp3' } }]);
  assert.deepEqual(at(spec, 'tags', 1), { name: 'cost-center', value: '4711' });
  assert.deepEqual(at(providerSpec(second), 'subnet'), {
    filters: [{ name: 'tag:tier', values: ['private', 'inner'] }],
  });
  const one = await aws(t, `${openshift}${zones}`, '--zone', 'us-east-2b', '--autoscaler', '1:3', '--health-check');
  assert.deepEqual(
    checkedObjects(one.stdout).map((object) => [object.kind, at(object, 'metadata', 'name')]),
    ['MachineSet', 'MachineAutoscaler', 'MachineHealthCheck'].map((kind) => [kind, `${id}-infra-us-east-2b`]),
  );
});

test('all missing facts at once, each with what reads it', async (t) => {
  const { code, stdout, stderr } = await aws(t, '');
  assert.deepEqual([code, stdout], [1, '']);
  for (const [field, read] of [
    ['infrastructureName', 'infrastructure cluster'],
    ['version', 'clusterversion version'],
    ['aws.region', 'platformStatus.aws.region'],
    ['aws.ami', 'value.ami.id'],
    ['aws.instanceType', 'aws ec2 describe-instance-type-offerings'],
    ['aws.instanceProfile', 'iamInstanceProfile.id'],
    ['aws.securityGroups', 'aws ec2 describe-security-groups'],
    ['aws.zones', 'aws ec2 describe-subnets'],
  ] as const) {
    assert.ok(stderr.includes(`expected handover.openshift.${field} in the image file`), field);
    assert.ok(stderr.includes(read), read);
  }
});

test('a zone that there is not, and Windows workers on AWS, are refused', async (t) => {
  const zone = await aws(t, facts, '--zone', 'us-east-2c');
  assert.equal(zone.code, 1);
  assert.match(zone.stderr, /openshift\.zone(.*\n)+.*there is: us-east-2a/);
  const worker = await aws(t, facts, '--role', 'worker');
  assert.equal(worker.code, 2);
  assert.match(worker.stderr, /cli\.flags/);
});
