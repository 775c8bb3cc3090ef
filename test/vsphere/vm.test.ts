import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Datacenter, VirtualMachineConfigSpec, VmRef, Vsphere } from '../../vsphere/index.ts';
import * as vsphere from '../../vsphere/index.ts';
import type { FaultProxy } from './proxy.ts';
import { once, soapFault, startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let folder: string;
let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
let dc: Datacenter;
let vm: VmRef;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingot-trace-'));
  sim = await startVcsim('-trace', '-trace-file', join(folder, 'trace'), '-pod', '1', '-folder', '1', '-pool', '2');
  proxy = await startProxy(sim.server);
  vc = await vsphere.connect({
    server: proxy.server,
    username: 'user',
    password: 'pass',
    tls: { caFile: proxy.caFile },
  });
  dc = await vsphere.openDatacenter(vc, 'F0/DC0');
  vm = await vsphere.createVm(vc, dc.vmFolder, { config: SPEC, pool: dc.compute('DC0_C0').resourcePool });
  // vcsim fails to create one with a slash in its name.
  await vsphere.rename(vc, vm, 'golden/image');
});
after(async () => {
  await vc.close();
  await proxy.stop();
  sim.stop();
  await rm(folder, { recursive: true });
});

const SPEC: VirtualMachineConfigSpec & { instanceUuid: string } = {
  name: 'golden',
  instanceUuid: crypto.randomUUID(),
  guestId: 'windows9Server64Guest',
  version: 'vmx-15',
  firmware: 'efi',
  numCPUs: 4,
  memoryMB: 8192,
  files: { vmPathName: '[LocalDS_0]' },
  bootOptions: { efiSecureBootEnabled: true },
  extraConfig: [{ key: 'ingot.image', value: 'windows' }],
  deviceChange: [
    { operation: 'add', device: { $type: 'ParaVirtualSCSIController', key: -1, busNumber: 0, sharedBus: 'noSharing' } },
    {
      operation: 'add',
      fileOperation: 'create',
      device: {
        $type: 'VirtualDisk',
        key: -2,
        controllerKey: -1,
        unitNumber: 0,
        capacityInKB: 60 * 1024 * 1024,
        backing: {
          $type: 'VirtualDiskFlatVer2BackingInfo',
          fileName: '',
          diskMode: 'persistent',
          thinProvisioned: true,
        },
      },
    },
    {
      operation: 'add',
      device: {
        $type: 'VirtualVmxnet3',
        key: -3,
        backing: { $type: 'VirtualEthernetCardNetworkBackingInfo', deviceName: 'VM Network' },
      },
    },
  ],
};

test('everything of a datacenter is found, with two requests', async () => {
  const from = vc.requests;
  const datacenter = await vsphere.openDatacenter(vc, '/F0/DC0');
  assert.equal(vc.requests - from, 2);
  const listed = async (type: string) => (await sim.govc('find', '-i', '/', '-type', type)).trim().split('\n');
  const has = async (type: string, ref: vsphere.Ref) => assert.ok((await listed(type)).includes(vsphere.refText(ref)));
  await has('ClusterComputeResource', datacenter.compute('F0/DC0_C0').ref);
  await has('ClusterComputeResource', datacenter.compute('DC0_C0').ref);
  await has('ClusterComputeResource', datacenter.compute('/F0/DC0/host/F0/DC0_C0').ref);
  await has('Datastore', datacenter.datastore('LocalDS_0').ref);
  await has('StoragePod', datacenter.storagePod('DC0_POD0'));
  await has('Network', datacenter.network('VM Network').ref);
  await has('DistributedVirtualPortgroup', datacenter.network('DC0_DVPG0').ref);
  await has('ResourcePool', datacenter.resourcePool('DC0_C0_RP1'));
  await has('ResourcePool', datacenter.resourcePool('F0/DC0_C0/Resources/DC0_C0_RP1'));
  const ofHost = datacenter.compute('DC0_C0_H1');
  assert.equal(ofHost.name, 'DC0_C0');
  assert.ok(ofHost.host && ofHost.hosts.some((host) => host.value === ofHost.host?.value));
});

test('what is missing is reported with what is there', async () => {
  assert.throws(
    () => dc.network('VM Netwrk'),
    (error: { code?: string; evidence?: string[] }) => {
      assert.equal(error.code, 'vsphere.not-found');
      assert.match(error.evidence?.[0] ?? '', /there is: VM Network/);
      return true;
    },
  );
  assert.throws(() => dc.datastore('DC0_C0'), { code: 'vsphere.not-found' });
  await assert.rejects(vsphere.openDatacenter(vc, 'DC0'), (error: { evidence?: string[] }) => {
    assert.deepEqual(error.evidence, ['there is: F0/DC0']);
    return true;
  });
  await assert.rejects(vsphere.findFolder(vc, dc, 'nowhere'), { code: 'vsphere.not-found' });
});

test('a name that is not unique is an error with the candidates', () => {
  assert.throws(
    () => dc.resourcePool('Resources'),
    (error: { code?: string; evidence?: string[] }) => {
      assert.equal(error.code, 'vsphere.ambiguous');
      assert.ok(error.evidence?.some((line) => line.startsWith('/F0/DC0/host/F0/DC0_C0/Resources (ResourcePool:')));
      return true;
    },
  );
});

test('one CreateVM makes the VM as it was asked for', async () => {
  const info = JSON.parse(await sim.govc('vm.info', '-json', vsphere.refText(vm)));
  const { config } = info.virtualMachines[0];
  assert.equal(config.version, 'vmx-15');
  assert.equal(config.firmware, 'efi');
  assert.equal(config.instanceUuid, SPEC.instanceUuid);
  assert.deepEqual([config.hardware.numCPU, config.hardware.memoryMB], [4, 8192]);
  const devices = await sim.govc('device.ls', '-vm.uuid', config.uuid);
  for (const kind of ['ParaVirtualSCSIController', 'VirtualDisk', 'VirtualVmxnet3'])
    assert.match(devices, new RegExp(kind));
  assert.equal(proxy.count('CreateVM_Task'), 1);
});

test('a slash in a name is escaped in paths and found', async () => {
  assert.equal(await vsphere.inventoryPath(vc, vm), '/F0/DC0/vm/golden%2fimage');
  assert.deepEqual(await vsphere.findVm(vc, dc, 'golden%2fimage'), vm);
  assert.deepEqual(await vsphere.findByUuid(vc, SPEC.instanceUuid), vm);
  assert.equal(await vsphere.findByUuid(vc, crypto.randomUUID()), undefined);
});

test('extraConfig is written in one go and read back; what vanished is named', async () => {
  const from = vc.requests;
  const first = await vsphere.writeExtraConfig(vc, vm, { 'ingot.a': '1', 'ingot.b': 'x', 'ingot.flag': 'true' });
  assert.equal(vc.requests - from, 3);
  assert.deepEqual(first.vanished, []);
  assert.equal((await vsphere.readExtraConfig(vc, vm)).get('ingot.image'), 'windows');
  assert.match(await sim.govc('vm.info', '-e', vsphere.refText(vm)), /ingot\.a:\s+1/);
  assert.deepEqual((await vsphere.writeExtraConfig(vc, vm, new Map([['ingot.a', '']]))).vanished, []);
  assert.equal((await vsphere.readExtraConfig(vc, vm)).has('ingot.a'), false);
  proxy.rule = ({ method }) =>
    method === 'RetrievePropertiesEx' ? { rewrite: (text) => text.replace('svga.vramSize', 'gone') } : undefined;
  assert.deepEqual((await vsphere.writeExtraConfig(vc, vm, { 'svga.vramSize': '8' })).vanished, ['svga.vramSize']);
  proxy.rule = () => undefined;
});

test('from power to template', async () => {
  await vsphere.powerOn(vc, vm);
  await vsphere.shutdownGuest(vc, vm);
  await vsphere.waitForPowerOff(vc, vm, { deadlineMs: 5000 });
  const snapshot = await vsphere.createSnapshot(vc, vm, { name: 'layer 1', description: 'installed' });
  const { snapshot: tree } = await vc.read(vm, ['snapshot']);
  assert.deepEqual(
    vsphere.flattenSnapshots(tree?.rootSnapshotList).map(({ name, snapshot: ref }) => [name, ref]),
    [['layer 1', snapshot]],
  );
  await vsphere.revertToSnapshot(vc, vm, snapshot, { suppressPowerOn: true });
  const folderRef = await vsphere.ensureFolder(vc, dc, 'templates/windows');
  assert.deepEqual(await vsphere.ensureFolder(vc, dc, 'templates/windows'), folderRef);
  const clone = await vsphere.cloneVm(vc, vm, {
    folder: folderRef,
    name: 'next',
    spec: { location: { pool: dc.compute('DC0_C0').resourcePool }, powerOn: false, template: false },
  });
  await vsphere.markAsTemplate(vc, clone);
  await vsphere.rename(vc, clone, 'windows-server');
  const templates = await sim.govc('find', '/', '-type', 'm', '-config.template', 'true');
  assert.equal(templates.trim(), '/F0/DC0/vm/templates/windows/windows-server');
  await vsphere.moveIntoFolder(vc, dc.vmFolder, [clone]);
  await vsphere.markAsVirtualMachine(vc, clone, dc.compute('DC0_C0').resourcePool);
  await vsphere.removeSnapshot(vc, vm, snapshot);
  await vsphere.destroy(vc, clone);
  assert.equal(await vsphere.findVm(vc, dc, 'windows-server'), undefined);
});

test('a VM that is made a template on paper only is noticed', async () => {
  proxy.rule = once('MarkAsTemplate', { answer: { ...soapFault('x'), status: 200, body: DONE } });
  await assert.rejects(vsphere.markAsTemplate(vc, vm), { code: 'vsphere.template' });
  proxy.rule = () => undefined;
});

test('PowerOn is tried again while vCenter has it disabled, and only then', async () => {
  const disabled =
    '<propSet><name>disabledMethod</name><val xmlns:q="http://www.w3.org/2001/XMLSchema-instance" q:type="ArrayOfString">' +
    '<string>PowerOnVM_Task</string></val></propSet>';
  const refuse = once('PowerOnVM_Task', { answer: soapFault('InvalidState') });
  const tell = once('RetrievePropertiesEx', {
    rewrite: (text) =>
      text.replace(/(<obj type="VirtualMachine">[^<]*<\/obj>).*?(<\/objects>|<\/ObjectContent>)/s, `$1${disabled}$2`),
  });
  proxy.rule = (passing) => refuse(passing) ?? tell(passing);
  await vsphere.powerOn(vc, vm);
  proxy.rule = once('PowerOnVM_Task', { answer: soapFault('InvalidState') });
  await assert.rejects(vsphere.powerOn(vc, vm), (error) => vsphere.isFault(error, 'InvalidState'));
  proxy.rule = () => undefined;
  await vsphere.powerOff(vc, vm);
});

test('missing privileges are named', async () => {
  const wanted = [{ entity: dc.ref, privileges: ['Datastore.Browse', vsphere.privilegeOf('CreateVM_Task')] }];
  assert.deepEqual(await vsphere.missingPrivileges(vc, wanted), []);
  proxy.rule = once('HasPrivilegeOnEntities', {
    rewrite: (text) => text.replace('<isGranted>true</isGranted>', '<isGranted>false</isGranted>'),
  });
  assert.deepEqual(await vsphere.missingPrivileges(vc, wanted), [{ entity: dc.ref, privilege: 'Datastore.Browse' }]);
});

test('guest ids are asked for a hardware version', async () => {
  const { environmentBrowser } = dc.compute('DC0_C0');
  assert.ok(environmentBrowser);
  const option = await vsphere.queryConfigOption(vc, environmentBrowser, {
    key: 'vmx-13',
    guestId: ['windows9Server64Guest'],
  });
  assert.deepEqual(
    option?.guestOSDescriptor?.map(({ id }) => id),
    ['windows9Server64Guest'],
  );
});

test('keys are typed one a call', async () => {
  proxy.rule = ({ method }) => (method === 'PutUsbScanCodes' ? { answer: { status: 200, body: TYPED } } : undefined);
  await vsphere.putUsbScanCodes(vc, vm, [0x2b, 0x28]);
  proxy.rule = () => undefined;
  const sent = proxy.log
    .filter(({ method }) => method === 'PutUsbScanCodes')
    .map(({ body }) => /<usbHidCode>(\d+)/.exec(body)?.[1]);
  assert.deepEqual(sent, [String((0x2b << 16) | 7), String((0x28 << 16) | 7)]);
});

test('a long answer comes in pages', async () => {
  // vcsim pages only when told to: the proxy asks it to, on the first request.
  proxy.rule = ({ method, body }) =>
    method === 'RetrievePropertiesEx'
      ? { instead: body.replace('<options></options>', '<options><maxObjects>1</maxObjects></options>') }
      : undefined;
  const names = await vc.properties([dc.vmFolder, vc.content.rootFolder], ['name']);
  proxy.rule = () => undefined;
  assert.deepEqual(
    names.map(({ name }) => name),
    ['vm', 'Datacenters'],
  );
  assert.equal(proxy.count('ContinueRetrievePropertiesEx'), 1);
});

const answer = (name: string, inner: string) =>
  `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><${name}Response xmlns="urn:vim25">${inner}</${name}Response></Body></Envelope>`;
const DONE = answer('MarkAsTemplate', '');
const TYPED = answer('PutUsbScanCodes', '<returnval>1</returnval>');

test('every request was one that a real vCenter would take', async () => {
  // Its facts lie beside the checkout, where there are any.
  const check = fileURLToPath(new URL('../../../shared/tools/soap-check.py', import.meta.url));
  if (!existsSync(check)) return;
  const { stdout } = await promisify(execFile)('python3', [check, join(folder, 'trace')]);
  assert.match(stdout, / 0 problems/);
});
