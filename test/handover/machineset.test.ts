import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { connect, createFolder, findByPath, inventoryPath, openDatacenter, rename } from '../../vsphere/index.ts';
import { at, machineset, printed, providerSpec, refused, sample } from './machineset-support.ts';
import { openHandoverSite } from './site.ts';

const site = await openHandoverSite();
await site.govc('folder.create', '/DC0/vm/nodes', '/DC0/vm/other');
const template = await site.template('windows');
await site.govc('pool.create', '/DC0/host/DC0_C0/Resources/win');

const facts = (machineSet: string, more = '') =>
  site.image(`handover:
  openshift:
    infrastructureName: mycluster-x7k2p
    machineSet: { folder: nodes, ${machineSet} }
${more}`);

/** Everything that there is, and all about the template. */
const vcenter = async () => [
  await site.govc('find', '/'),
  await site.govc('object.collect', '-json', template, 'config'),
];

test('the MachineSet of the documentation, for the same facts; nothing changes in vCenter', async () => {
  const before = await vcenter();
  const file = await facts('name: winworker, memory: 16GiB, disk: 128GiB');
  const { objects, stdout } = await printed(file);
  const expected = (facts: {
    readonly id: string;
    readonly name: string;
    readonly network: string;
    readonly template: string;
    readonly workspace: Readonly<Record<string, string>>;
  }) => ({
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineSet',
    metadata: {
      labels: { 'machine.openshift.io/cluster-api-cluster': facts.id },
      name: facts.name,
      namespace: 'openshift-machine-api',
    },
    spec: {
      replicas: 1,
      selector: {
        matchLabels: {
          'machine.openshift.io/cluster-api-cluster': facts.id,
          'machine.openshift.io/cluster-api-machineset': facts.name,
        },
      },
      template: {
        metadata: {
          labels: {
            'machine.openshift.io/cluster-api-cluster': facts.id,
            'machine.openshift.io/cluster-api-machine-role': 'worker',
            'machine.openshift.io/cluster-api-machine-type': 'worker',
            'machine.openshift.io/cluster-api-machineset': facts.name,
            'machine.openshift.io/os-id': 'Windows',
          },
        },
        spec: {
          metadata: { labels: { 'node-role.kubernetes.io/worker': '' } },
          providerSpec: {
            value: {
              apiVersion: 'vsphereprovider.openshift.io/v1beta1',
              credentialsSecret: { name: 'vsphere-cloud-credentials' },
              diskGiB: 128,
              kind: 'VSphereMachineProviderSpec',
              memoryMiB: 16384,
              network: { devices: [{ networkName: facts.network }] },
              numCPUs: 4,
              numCoresPerSocket: 1,
              snapshot: '',
              template: facts.template,
              userDataSecret: { name: 'windows-user-data' },
              workspace: facts.workspace,
            },
          },
        },
      },
    },
  });
  assert.deepEqual(objects, [
    expected({
      id: 'mycluster-x7k2p',
      name: 'winworker',
      network: 'VM Network',
      template: '/DC0/vm/windows',
      workspace: {
        datacenter: 'DC0',
        datastore: 'LocalDS_0',
        folder: '/DC0/vm/nodes',
        resourcePool: '/DC0/host/DC0_C0/Resources',
        server: site.server,
      },
    }),
  ]);
  const published = sample('openshift-windows-machineset.yaml');
  if (published !== undefined) {
    const placeholders = expected({
      id: '<infrastructure_id>',
      name: '<windows_machine_set_name>',
      network: '<vm_network_name>',
      template: '<windows_vm_template_name>',
      workspace: {
        datacenter: '<vcenter_datacenter_name>',
        datastore: '<vcenter_datastore_name>',
        folder: '<vcenter_vm_folder_path>',
        resourcePool: '<vsphere_resource_pool>',
        server: '<vcenter_server_ip>',
      },
    });
    assert.deepEqual(placeholders, published);
  }
  assert.match(stdout, /template: \/DC0\/vm\/windows # .*powered off, sealed by build 20261121T000000Z-0000; the only/);
  assert.match(stdout, /diskGiB: 128 # .*60 GiB.*does not grow the partition.*extendOsPartition.*off/);
  assert.deepEqual(await vcenter(), before);
});

test('PyYAML reads the same from it', async () => {
  const { stdout } = await printed(await facts('name: winworker'), '--autoscaler', '0:3', '--health-check');
  const script =
    'import json,sys\ntry:\n import yaml\n print(json.dumps(list(yaml.safe_load_all(sys.argv[1]))))\nexcept ImportError:\n pass';
  const { stdout: read } = await promisify(execFile)('python3', ['-c', script, stdout]);
  const documents = parseAllDocuments(stdout);
  assert.ok(Array.isArray(documents));
  assert.equal(documents.length, 3);
  if (read !== '')
    assert.deepEqual(
      JSON.parse(read),
      documents.map((document): unknown => document.toJS()),
    );
});

test('text that YAML 1.1 takes for something else is quoted: kubectl reads it so', async () => {
  const values = ['yes', 'on', 'n', '1_000', '0b11', '010', '1e3', '2001-01-01', 'null'];
  const taints = values.map((value) => `{ key: "y", value: "${value}", effect: NoSchedule }`);
  const { stdout } = await printed(await facts(`name: win, taints: [${taints.join(', ')}]`));
  const read: unknown = parse(stdout, { version: '1.1' });
  assert.deepEqual(
    at(read, 'spec', 'template', 'spec', 'taints'),
    values.map((value) => ({ key: 'y', value, effect: 'NoSchedule' })),
  );
});

test('flags come before the image file; what neither says is as the image has it', async () => {
  const file = await facts('name: winworker, memory: 16GiB, replicas: 3');
  const flags = ['--name', 'win', '--replicas', '0', '--cpus', '8', '--memory', '32GiB', '--disk', '100GiB'];
  const places = ['--network', 'DC0_DVPG0', '--folder', '/DC0/vm/other', '--resource-pool', 'win'];
  const [{ objects, stdout }, least] = await Promise.all([
    printed(file, ...flags, ...places),
    printed(await facts('name: winworker')),
  ]);
  const [set] = objects;
  assert.deepEqual([at(set, 'metadata', 'name'), at(set, 'spec', 'replicas')], ['win', 0]);
  assert.deepEqual(at(providerSpec(set), 'network'), { devices: [{ networkName: 'DC0_DVPG0' }] });
  assert.match(stdout, /DC0_DVPG0 # a distributed port group of \/DC0\/host\/DC0_C0/);
  const numbers = (spec: unknown) =>
    ['numCPUs', 'numCoresPerSocket', 'memoryMiB', 'diskGiB'].map((key) => at(spec, key));
  assert.deepEqual(numbers(providerSpec(set)), [8, 1, 32768, 100]);
  assert.deepEqual(numbers(providerSpec(least.objects[0])), [4, 1, 8192, 60]);
  assert.deepEqual(
    [at(providerSpec(set), 'workspace', 'folder'), at(providerSpec(set), 'workspace', 'resourcePool')],
    ['/DC0/vm/other', '/DC0/host/DC0_C0/Resources/win'],
  );
});

test('a name with a slash is printed as vCenter keeps it', async () => {
  await site.govc('dvs.portgroup.add', '-dvs', 'DVS0', '-type', 'earlyBinding', 'nodes/win');
  const { objects } = await printed(await facts('name: win'), '--network', 'nodes%2fwin');
  assert.deepEqual(at(providerSpec(objects[0]), 'network'), { devices: [{ networkName: 'nodes%2fwin' }] });
});

test('a template in a folder with a slash in its name, and with one in its own', async () => {
  const vc = await connect({ server: site.server, username: 'user', password: 'pass', tls: { insecure: true } });
  try {
    const center = await openDatacenter(vc, 'DC0');
    const folder = await createFolder(vc, await createFolder(vc, center.vmFolder, 'a/b'), 'images');
    const moved = await site.template('slash', { folder: '/DC0/vm/other' });
    const vm = await findByPath(vc, moved);
    assert.ok(vm?.type === 'VirtualMachine');
    await rename(vc, { type: 'VirtualMachine', value: vm.value }, 'win/1');
    await site.govc('object.mv', '/DC0/vm/other/win%2f1', await inventoryPath(vc, folder));
  } finally {
    await vc.close();
  }
  const { objects } = await printed(await facts('name: win', "template: { name: 'win/1', folder: a%2fb/images }"));
  assert.equal(at(providerSpec(objects[0]), 'template'), '/DC0/vm/a%2fb/images/win%2f1');
});

test('nothing is built, so neither the ISO nor the public key has to be there; what signed vCenter has to', async () => {
  const file = await facts('name: win');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('[LocalDS_0] iso/windows.iso', './gone.iso').replace('./key.pub', './gone.pub'));
  await printed(file);
  await writeFile(file, text.replace('insecure: true', 'caFile: ./gone.pem'));
  const { code, stderr } = await machineset(file);
  assert.equal(code, 2);
  assert.match(stderr, /gone\.pem.*\(vsphere\.ca-file\)/);
});

test('names that the Machine API takes for patterns are refused', async () => {
  const odd = await site.template('odd');
  await site.govc('object.rename', odd, 'windows [1]*');
  const file = await facts('name: win', "template: { name: 'windows [1]*' }");
  assert.match(await refused(file), /a template without .*found \/DC0\/vm\/windows \[1\]\*: .*\(openshift\.wildcard\)/);
  await site.govc('folder.create', '/DC0/vm/question');
  await site.govc('object.rename', '/DC0/vm/question', 'what?');
  assert.match(await refused(await facts('name: win'), '--folder', 'what?'), /a VM folder without .*\/DC0\/vm\/what\?/);
});

test('two templates of one name: the path says which, and the comment names the other', async () => {
  const other = await site.template('windows', { folder: '/DC0/vm/other', extraConfig: {} });
  const { stdout, objects } = await printed(await facts('name: win'));
  assert.equal(at(providerSpec(objects[0]), 'template'), '/DC0/vm/windows');
  assert.match(stdout, new RegExp(`template: /DC0/vm/windows # .*${other} has that name`));
  await site.govc('object.destroy', other);
});

test('a name of ten characters is refused with the reason, in the file with its place', async () => {
  const said = await refused(await facts('name: win'), '--name', 'winworkers');
  assert.match(said, /at most 9 .* found winworkers \(10 characters\): .*NAME-xxxxx.* 15 characters/);
  const { code, stderr } = await machineset(await facts('name: winworkers'));
  assert.equal(code, 2);
  assert.match(stderr, /:11:\d+ handover\.openshift\.machineSet\.name: .*at most 9 .*winworkers.*NAME-xxxxx/);
  assert.match(await refused(await facts('name: win'), '--name', 'Win_1'), /openshift\.machine-set-name/);
});

test('flags that say nothing are a mistake; a template that is not there is named with what lists them', async () => {
  const file = await facts('name: win');
  for (const flag of ['--name', '--folder', '--network', '--datastore', '--resource-pool', '--template', '--zone']) {
    const { code, stderr } = await machineset(file, flag, '');
    assert.equal(code, 2);
    assert.match(stderr, /found nothing/);
  }
  const said = await refused(file, '--template', '/DC0/vm/none');
  assert.match(said, /expected the template \/DC0\/vm\/none.*\n.*govc find \/ -type m/);
});

test('all that is wrong is said at once', async () => {
  const said = await refused(
    await facts('name: win, disk: 59GiB, network: VM Netwrok, datastore: LocalDS_9, cpus: 4, coresPerSocket: 3'),
    ...['--resource-pool', 'linux', '--folder', 'nodez'],
  );
  assert.match(said, /60 GiB of the disk of \/DC0\/vm\/windows, found 59 GiB/);
  for (const near of ['VM Network', 'nodes', 'LocalDS_0', 'DC0_C0/Resources/win']) assert.match(said, new RegExp(near));
  assert.match(said, /openshift\.cores/);
});

test('all missing facts are named at once, with what reads them', async () => {
  const said = await refused(await site.image());
  for (const field of ['infrastructureName', 'machineSet\\.folder', 'machineSet\\.name'])
    assert.match(said, new RegExp(`handover\\.openshift\\.${field} in the image file`));
  assert.match(said, /oc get -o jsonpath='\{\.status\.infrastructureName\}\{"\\n"\}' infrastructure cluster/);
  assert.match(said, /workspace\.folder.*--folder PATH/);
  const infra = await refused(await site.image(), '--role', 'infra');
  for (const field of ['infrastructureName', 'infraMachineSet\\.folder', 'infraMachineSet\\.template'])
    assert.match(infra, new RegExp(`handover\\.openshift\\.${field} in the image file`));
});

test('a template that somebody started, or that no build sealed, is refused; one that is not ours on demand only', async () => {
  const foreign = await site.template('foreign', { extraConfig: {}, disk: 40 });
  const file = await facts('name: win');
  const said = await refused(file, '--template', foreign);
  assert.match(said, /handover\.not-sealed/);
  const { stdout, objects } = await printed(file, '--template', foreign, '--foreign-template');
  assert.equal(at(providerSpec(objects[0]), 'template'), foreign);
  assert.match(stdout, /template: \/DC0\/vm\/foreign # .*not sealed by ingot, as you said/);
  const running = await site.template('running', { vm: true });
  await site.govc('vm.power', '-on', running);
  assert.match(await refused(file, '--template', running), /handover\.powered-on/);
});

test('what the Machine API would refuse to clone is refused', async () => {
  const two = await site.template('two-disks', { vm: true });
  await site.govc('vm.disk.create', '-vm', two, '-name', 'second', '-size', '1G', '-ds', 'LocalDS_0');
  await site.govc('vm.markastemplate', two);
  const file = await facts('name: win');
  assert.match(await refused(file, '--template', two), /one disk, found 2/);
  await site.govc(
    ...['vm.create', '-on=false', '-version', 'vmx-13', '-disk', '60GB', '-ds', 'LocalDS_0', '-net', 'VM Network'],
    ...['-pool', '/DC0/host/DC0_C0/Resources', 'old'],
  );
  await site.govc('vm.markastemplate', 'old');
  const old = ['--template', '/DC0/vm/old', '--foreign-template'];
  assert.match(await refused(file, ...old), /hardware version 15 or later, found 13/);
  const { stdout } = await printed(await facts('name: win', '    version: 4.9.0'), ...old);
  assert.match(stdout, /template: \/DC0\/vm\/old/);
});

test('a network or datastore that the cluster does not have is refused', async () => {
  await site.govc('host.portgroup.add', '-host', 'DC0_H0', '-vswitch', 'vSwitch0', 'elsewhere');
  const said = await refused(await facts('name: win'), '--network', 'elsewhere');
  assert.match(said, /openshift\.network-elsewhere/);
  await site.govc('datastore.create', '-type', 'local', '-name', 'lonely', '-path', site.folder, 'DC0_H0');
  const store = await refused(await facts('name: win'), '--datastore', 'lonely');
  assert.match(store, /openshift\.datastore-elsewhere/);
});

test('an image that does not fit the operator of the cluster is printed with a warning', async () => {
  const { stderr } = await printed(await facts('name: win', '    version: 4.9.0'));
  assert.match(stderr, /warning: the image does not fit OpenShift 4\.9\.0: .*docker/);
  assert.doesNotMatch((await printed(await facts('name: win'))).stderr, /does not fit/);
});
