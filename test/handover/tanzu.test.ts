import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { root } from '../cli/ingot.ts';
import { checkedObjects } from './crd.ts';
import { openHandoverSite } from './site.ts';

const site = await openHandoverSite('-dc', '2');
await site.govc('folder.create', '/DC0/vm/other');
await site.template('windows');

const tanzu = `
handover:
  failureDomains:
    - { name: rack1, region: us-west-1, zone: us-west-1a }
  tanzu:
    tkr: v1.27.5---vmware.2-tkg.1
    windowsPackage: tkg-windows.tanzu.vmware.com.0.31.0+vmware.1
    workers: { name: md-0 }
    identity: { name: example-identity, namespace: capv-system, username: nodes@vsphere.local, password: env:NODES_PASSWORD }
`;
const secret = { NODES_PASSWORD: 'nodes-password-4711' };

/** A vendor's sample, where the reference is at hand: then the fields that are written here are compared with it, too. */
function sample(name: string): unknown {
  const file = join(root, '../shared/reference/samples', name);
  return existsSync(file) ? parse(readFileSync(file, 'utf8')) : undefined;
}

test('tkg: the OSImage as the documentation shows it, with the template’s path', async () => {
  const { code, stdout, stderr } = await site.ingot(['handover', 'tkg', await site.image(tanzu)], secret);
  assert.equal(code, 0, stderr);
  const [image, failureDomain, zone, identity, ...more] = checkedObjects(stdout);
  const expected = {
    apiVersion: 'run.tanzu.vmware.com/v1alpha3',
    kind: 'OSImage',
    metadata: { name: 'v1.27.5---vmware.2-tkg.1-windows' },
    spec: {
      image: { ref: { template: '/DC0/vm/windows', version: 'v1.27.5+vmware.2-tkg.1-windows' }, type: 'ova' },
      kubernetesVersion: 'v1.27.5+vmware.2',
      os: { arch: 'amd64', name: 'windows', type: 'windows', version: '2022' },
    },
  };
  assert.deepEqual(image, expected);
  const published = sample('tkg-osimage.yaml');
  if (published !== undefined) {
    const { spec } = expected;
    const facts = {
      ref: { ...spec.image.ref, template: '/dc0/vm/windows-2019-kube-v1.27.5' },
      os: { ...spec.os, version: '2019' },
    };
    assert.deepEqual(
      { ...expected, spec: { ...spec, image: { ...spec.image, ref: facts.ref }, os: facts.os } },
      published,
    );
  }
  assert.deepEqual([failureDomain?.kind, zone?.kind], ['VSphereFailureDomain', 'VSphereDeploymentZone']);
  assert.deepEqual(failureDomain?.spec, {
    region: { name: 'us-west-1', type: 'Datacenter', tagCategory: 'k8s-region', autoConfigure: false },
    zone: { name: 'us-west-1a', type: 'ComputeCluster', tagCategory: 'k8s-zone', autoConfigure: false },
    topology: { datacenter: 'DC0', computeCluster: 'DC0_C0', datastore: 'LocalDS_0', networks: ['VM Network'] },
  });
  assert.deepEqual(identity?.spec, {
    secretName: 'example-identity-secret',
    allowedNamespaces: { selector: { matchLabels: {} } },
  });
  assert.deepEqual(more, []);
  assert.ok(!stdout.includes(secret.NODES_PASSWORD));
});

test('tkg --reveal: the Secret of the identity, too', async () => {
  const { code, stdout } = await site.ingot(['handover', 'tkg', await site.image(tanzu), '--reveal'], secret);
  assert.equal(code, 0);
  const found = checkedObjects(stdout).find(({ kind }) => kind === 'Secret');
  assert.deepEqual(found, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'example-identity-secret', namespace: 'capv-system' },
    stringData: { username: 'nodes@vsphere.local', password: secret.NODES_PASSWORD },
  });
});

test('tkg --variables: the short name while it is unique, the full path with the others as soon as it is not', async () => {
  const file = await site.image(tanzu);
  const variables = async () => {
    const { code, stdout, stderr } = await site.ingot(['handover', 'tkg', file, '--variables'], secret);
    assert.equal(code, 0, stderr);
    return { stdout, values: parse(stdout) };
  };
  assert.deepEqual((await variables()).values, {
    IS_WINDOWS_WORKLOAD_CLUSTER: 'true',
    VSPHERE_SERVER: site.server,
    VSPHERE_TEMPLATE: 'windows',
    VSPHERE_REGION: 'k8s-region',
    VSPHERE_ZONE: 'k8s-zone',
    VSPHERE_AZ_0: 'rack1',
  });
  const other = await site.template('windows', { folder: '/DC0/vm/other', extraConfig: {} });
  const { stdout, values } = await variables();
  assert.equal(values.VSPHERE_TEMPLATE, '/DC0/vm/windows');
  assert.match(stdout, new RegExp(`VSPHERE_TEMPLATE: .* # .*${other}`));
  await site.govc('object.destroy', other);
});

test('tkg --variables: the storage policy by its name, and no datastore then', async () => {
  const policy = 'Host-local PMem Default Storage Policy';
  const file = await site.image(tanzu.replace('tkr:', `storagePolicy: '${policy}'\n    tkr:`));
  const { code, stdout, stderr } = await site.ingot(['handover', 'tkg', file, '--variables'], secret);
  assert.equal(code, 0, stderr);
  const { VSPHERE_STORAGE_POLICY_ID: id, VSPHERE_DATASTORE: datastore } = parse(stdout);
  assert.match(await site.govc('storage.policy.ls'), new RegExp(`${id} +${policy}`));
  assert.equal(datastore, '');
  const none = await site.image(tanzu.replace('tkr:', 'storagePolicy: nobody\n    tkr:'));
  const missing = await site.ingot(['handover', 'tkg', none, '--variables'], secret);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /tanzu\.storage-policy/);
});

test('what is missing and what does not fit is told at once, with what reads it', async () => {
  const file = await site.image('handover: { tanzu: {} }', {});
  const missing = await site.ingot(['handover', 'tkr', file, '--in', file]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /handover\.tanzu\.tkr.*\n(.*\n)*.*handover\.tanzu\.windowsPackage/);
  assert.match(missing.stderr, /kubectl get tkr/);
  const versions = await site.image(
    'handover: { tanzu: { tkr: v1.27.5---vmware.2-tkg.1, kubernetesVersion: v1.26.5+vmware.2 } }',
  );
  const wrong = await site.ingot(['handover', 'tkg', versions]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /tanzu\.versions/);
  assert.match(wrong.stderr, /v1\.27\.5\+vmware\.2/);
  const plus = await site.ingot([
    'handover',
    'tkg',
    await site.image('handover: { tanzu: { tkr: v1.27.5+vmware.2-tkg.1 } }'),
  ]);
  assert.equal(plus.code, 2);
  assert.match(plus.stderr, /:8:\d+ .*---/);
});

const tkr = `# of the management cluster
apiVersion: run.tanzu.vmware.com/v1alpha3
kind: TanzuKubernetesRelease
metadata:
 name: v1.27.5---vmware.2-tkg.1
spec:
 bootstrapPackages:
 # network
 - name: antrea.tanzu.vmware.com.1.11.2+vmware.1-tkg.1-advanced
 - name: vsphere-cpi.tanzu.vmware.com.1.27.0+vmware.1 # keep
 osImages:
 - name: v1.27.5---vmware.2-tkg.1-photon
 version: v1.27.5+vmware.2-tkg.1
`;

test('tkr: two entries more, all else byte by byte, and none the second time', async () => {
  const file = await site.image(tanzu);
  const merge = async (text: string) => {
    const path = join(site.folder, 'tkr.yaml');
    await writeFile(path, text);
    return site.ingot(['handover', 'tkr', file, '--in', path], secret);
  };
  const first = await merge(tkr);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(
    first.stdout,
    tkr
      .replace('# keep\n', '# keep\n - name: tkg-windows.tanzu.vmware.com.0.31.0+vmware.1\n')
      .replace('-photon\n', '-photon\n - name: v1.27.5---vmware.2-tkg.1-windows\n'),
  );
  assert.equal((await merge(first.stdout)).stdout, first.stdout);
  const [merged] = checkedObjects(first.stdout);
  assert.equal(merged?.kind, 'TanzuKubernetesRelease');

  const flow = tkr.replace(/ osImages:\n.*\n/, ' osImages: []\n');
  const fromEmpty = await merge(flow);
  assert.deepEqual(parse(fromEmpty.stdout).spec.osImages, [{ name: 'v1.27.5---vmware.2-tkg.1-windows' }]);
  assert.match(fromEmpty.stdout, /# network/);

  const other = await merge(tkr.replace('antrea.tanzu.vmware.com.1.11.2', 'tkg-windows.tanzu.vmware.com.0.29.0'));
  assert.equal(other.code, 1);
  assert.match(other.stderr, /tkr\.yaml:9:\d+.*0\.29\.0/);
  const release = await merge(tkr.replace('name: v1.27.5---', 'name: v1.26.8---'));
  assert.match(release.stderr, /tkr\.yaml:5:8, found v1\.26\.8/);
  const published = join(root, '../shared/reference/samples/tkg-tkr.yaml');
  if (existsSync(published)) {
    const { stdout } = await site.ingot(['handover', 'tkr', file, '--in', published], secret);
    assert.equal(stdout, readFileSync(published, 'utf8'));
  }
  // Nothing that is there is lost, and nothing is written over.
  const list = / osImages:\n.*\n/;
  for (const [there, found] of [
    [' osImages: { a: b }', 'a list as spec.osImages at \\S+tkr.yaml:12:12, found a map'],
    [' osImages: *more', 'a list as spec.osImages at \\S+, found an alias'],
  ] as const) {
    const wrong = await merge(`${tkr.replace(list, `${there}\n`)}more: &more\n- name: photon\n`);
    assert.deepEqual([wrong.code, wrong.stdout], [1, '']);
    assert.match(wrong.stderr, new RegExp(`expected ${found} \\(tanzu\\.list\\)`));
  }
  const nothing = await merge(tkr.replace(/spec:\n[\s\S]*/, 'spec:\n'));
  assert.match(nothing.stderr, /expected a map as spec at \S+, found nothing \(tanzu\.list\)/);
  const broken = await merge(tkr.replace(' osImages:', ' osImages: ['));
  assert.match(broken.stderr, /tkr\.yaml:\d+:\d+/);
});

const cluster = `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata:
  name: windows-cluster
spec:
  topology:
    class: tkg-vsphere-default-v1.1.1
    workers:
      machineDeployments:
      - class: tkg-worker
        metadata:
          annotations:
            run.tanzu.vmware.com/resolve-os-image: image-type=ova,os-name=photon
        name: md-0-l # linux
        replicas: 1
    version: v1.27.5+vmware.2-tkg.1
---
apiVersion: v1
kind: ConfigMap
metadata: { name: other }
`;

test('tkg --in: the Windows workers beside the others, as the documentation shows them', async () => {
  const file = await site.image(tanzu);
  const merge = async (text: string) => {
    const path = join(site.folder, 'cluster.yaml');
    await writeFile(path, text);
    return site.ingot(['handover', 'tkg', file, '--in', path], secret);
  };
  const first = await merge(cluster);
  assert.equal(first.code, 0, first.stderr);
  const added = first.stdout.split('\n').filter((line) => !cluster.split('\n').includes(line));
  assert.deepEqual(
    added.map((line) => line.trim()),
    [
      '- class: tkg-worker-windows',
      'run.tanzu.vmware.com/resolve-os-image: image-type=ova,os-name=windows',
      'name: md-0',
    ],
  );
  const [merged] = parseAllDocuments(first.stdout);
  const workers = merged?.toJS().spec.topology.workers.machineDeployments;
  const expected = {
    class: 'tkg-worker-windows',
    metadata: { annotations: { 'run.tanzu.vmware.com/resolve-os-image': 'image-type=ova,os-name=windows' } },
    name: 'md-0',
    replicas: 1,
  };
  assert.deepEqual(workers[1], expected);
  assert.equal((await merge(first.stdout)).stdout, first.stdout);
  const both = await site.ingot(['handover', 'tkg', file, '--in', 'x.yaml', '--variables'], secret);
  assert.deepEqual([both.code, both.stdout], [2, '']);
  const taken = await merge(cluster.replace('name: md-0-l', 'name: md-0'));
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /cluster\.yaml:10:\d+/);
  const published = sample('tkg-cluster-workers.yaml');
  if (published === undefined) return;
  const bare = join(root, '../shared/reference/samples/tkg-cluster-workers.yaml');
  assert.equal((await merge(readFileSync(bare, 'utf8'))).stdout, readFileSync(bare, 'utf8'));
});

test('a template that somebody started, or that ingot did not seal, is not handed over', async () => {
  const file = await site.image(`${tanzu}template: { name: foreign, folder: other }`);
  await site.template('foreign', { folder: '/DC0/vm/other', extraConfig: {}, vm: true });
  await site.govc('vm.power', '-on', '/DC0/vm/other/foreign');
  const { code, stdout, stderr } = await site.ingot(['handover', 'tkg', file], secret);
  assert.deepEqual([code, stdout], [1, '']);
  for (const problem of ['handover.powered-on', 'handover.not-a-template', 'handover.not-sealed'])
    assert.match(stderr, new RegExp(problem.replaceAll('.', '\\.')));
});

test('what somebody wrote onto a VM does not reach the terminal as it is', async () => {
  const file = await site.image(`${tanzu}template: { name: escape }`);
  await site.template('escape', { extraConfig: { 'ingot.image': 'x\u009b2Jy' } });
  const { code, stderr } = await site.ingot(['handover', 'tkg', file], secret);
  assert.equal(code, 1);
  assert.match(stderr, /of the image x2Jy/);
});
