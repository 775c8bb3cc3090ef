import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Vsphere, VsphereEvent } from '../../vsphere/index.ts';
import {
  connect,
  createVm,
  findByPath,
  isFault,
  openDatacenter,
  powerOff,
  powerOn,
  reconfigure,
} from '../../vsphere/index.ts';
import type { FaultProxy } from './proxy.ts';
import { once, soapFault, startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
const events: VsphereEvent[] = [];
before(async () => {
  sim = await startVcsim();
  proxy = await startProxy(sim.server);
  vc = await open();
});
after(async () => {
  await vc.close();
  await proxy.stop();
  sim.stop();
});
afterEach(() => {
  proxy.rule = () => undefined;
  events.length = 0;
});

function open(): Promise<Vsphere> {
  const onEvent = (event: VsphereEvent) => void events.push(event);
  return connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile }, onEvent });
}

async function vmAt(path: string) {
  const found = await findByPath(vc, path);
  assert.equal(found?.type, 'VirtualMachine');
  return { type: 'VirtualMachine', value: found.value } as const;
}

/** Ends the client's session on the server, as its idle limit would. */
async function expire(): Promise<void> {
  await sim.govc('session.rm', vc.session.key);
}

test('an expired session is renewed: as a fault, HTTP 500', async () => {
  await expire();
  const logins = proxy.count('Login');
  assert.ok(await findByPath(vc, '/DC0'));
  assert.equal(proxy.count('Login'), logins + 1);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['relogin'],
  );
});

test('an expired session is renewed: as NotAuthenticated inside an answer with HTTP 200', async () => {
  await expire();
  const [root] = await vc.properties([vc.content.rootFolder], ['name']);
  assert.equal(root?.name, 'Datacenters');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['relogin'],
  );
});

test('many calls on an expired session cause one login, and a login drops the old cookie', async () => {
  await expire();
  const from = proxy.log.length;
  await Promise.all(Array.from({ length: 6 }, () => findByPath(vc, '/DC0')));
  const logins = proxy.log.slice(from).filter(({ method }) => method === 'Login');
  assert.equal(logins.length, 1);
  assert.equal(logins[0]?.cookie, undefined);
});

test('a write on an expired session was refused, so it is sent again', async () => {
  const vm = await vmAt('/DC0/vm/DC0_H0_VM0');
  await expire();
  await reconfigure(vc, vm, { annotation: 'after expiry' });
  assert.equal((await vc.read(vm, ['config.annotation']))['config.annotation'], 'after expiry');
});

test('the session cookie is echoed as the server wrote it, quotes included', async () => {
  const other = await open();
  const { cookie } = other.session.soap;
  await findByPath(other, '/DC0');
  assert.match(cookie ?? '', /^vmware_soap_session=/);
  assert.equal(proxy.log.at(-1)?.cookie, cookie);
  await other.close();
});

test('a login that is refused later on is never tried again', async () => {
  const other = await open();
  proxy.rule = ({ method }) =>
    method === 'Login'
      ? { answer: soapFault('InvalidLogin') }
      : method === 'FindByInventoryPath'
        ? { answer: soapFault('NotAuthenticated') }
        : undefined;
  const from = proxy.count('Login');
  for (let i = 0; i < 3; i++) await assert.rejects(findByPath(other, '/DC0'), { code: 'vsphere.login' });
  assert.equal(proxy.count('Login'), from + 1);
  proxy.rule = () => undefined;
  await other.close();
});

test('a read is repeated after a reset, before or after it was carried out', async () => {
  for (const cut of ['before', 'after'] as const) {
    proxy.rule = once('FindByInventoryPath', { cut });
    assert.ok(await findByPath(vc, '/DC0'));
  }
  assert.deepEqual(
    events.map(({ type }) => type),
    ['retry', 'retry'],
  );
});

test('a read is repeated after 503', async () => {
  proxy.rule = once('RetrievePropertiesEx', { answer: { status: 503, body: '<html>Service Unavailable</html>' } });
  assert.equal((await vc.properties([vc.content.rootFolder], ['name'])).length, 1);
});

test('a write is not repeated after 503, and says so', async () => {
  proxy.rule = ({ method }) => (method === 'CreateFolder' ? { answer: { status: 503, body: 'busy' } } : undefined);
  const from = proxy.count('CreateFolder');
  await assert.rejects(vc.call('CreateFolder', vc.content.rootFolder, { name: 'x' }), {
    code: 'vsphere.lost-answer',
    retryable: true,
  });
  assert.equal(proxy.count('CreateFolder'), from + 1);
});

test('a task whose start was answered into the void is found, not started twice', async () => {
  const vm = await vmAt('/DC0/vm/DC0_H0_VM0');
  proxy.rule = once('PowerOffVM_Task', { cut: 'after' });
  const from = proxy.count('PowerOffVM_Task');
  await powerOff(vc, vm);
  assert.equal(proxy.count('PowerOffVM_Task'), from + 1);
  assert.equal((await vc.read(vm, ['runtime.powerState']))['runtime.powerState'], 'poweredOff');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['lost-task'],
  );
  await powerOn(vc, vm);
});

test('the fault of a task found again is the fault of the call', async () => {
  const vm = await vmAt('/DC0/vm/DC0_H0_VM0');
  proxy.rule = once('ReconfigVM_Task', { cut: 'after' });
  const error: unknown = await reconfigure(vc, vm, { guestId: 'nonsense' }).catch((reason: unknown) => reason);
  assert.ok(isFault(error, 'InvalidArgument'));
  assert.ok(isFault(error, 'RuntimeFault') && !isFault(error, 'VimFault'));
});

test('CreateVM with a lost answer makes one VM', async () => {
  const datacenter = await openDatacenter(vc, 'DC0');
  const config = {
    name: 'lost',
    instanceUuid: crypto.randomUUID(),
    guestId: 'otherGuest',
    files: { vmPathName: '[LocalDS_0]' },
  };
  proxy.rule = once('CreateVM_Task', { cut: 'after' });
  const vm = await createVm(vc, datacenter.vmFolder, { config, pool: datacenter.compute('DC0_C0').resourcePool });
  assert.equal(proxy.count('CreateVM_Task'), 1);
  assert.equal((await sim.govc('find', '/', '-type', 'm', '-name', 'lost')).trim(), '/DC0/vm/lost');
  assert.equal((await vc.read(vm, ['name'])).name, 'lost');
});

test('a call that never reached the server is reported as lost, for the step to decide', async () => {
  const vm = await vmAt('/DC0/vm/DC0_H0_VM1');
  // An older task of the same kind on the same VM is not taken for the lost one.
  await powerOff(vc, vm);
  await powerOn(vc, vm);
  proxy.rule = once('PowerOffVM_Task', { cut: 'before' });
  const signal = AbortSignal.timeout(1500);
  await assert.rejects(powerOff(vc, vm, { signal }));
  assert.equal((await vc.read(vm, ['runtime.powerState']))['runtime.powerState'], 'poweredOn');
});

test('another task on the VM is waited for, then the call made again', async () => {
  const vm = await vmAt('/DC0/vm/DC0_H0_VM1');
  const task = await vc.call('ReconfigVM_Task', vm, { spec: { annotation: 'first' } });
  proxy.rule = once('PowerOffVM_Task', {
    answer: soapFault('TaskInProgress', `<task type="Task">${task.value}</task>`),
  });
  await powerOff(vc, vm);
  assert.equal((await vc.read(vm, ['runtime.powerState']))['runtime.powerState'], 'poweredOff');
});

test('a fault is typed, with its bases, its details and the reason behind a colon', async () => {
  const details =
    '<faultMessage><key>msg.x</key><message>the disk is in use</message></faultMessage><name>web</name>' +
    '<object type="VirtualMachine">vm-9</object>';
  proxy.rule = once('CreateFolder', { answer: soapFault('DuplicateName', details) });
  const error: unknown = await vc.call('CreateFolder', vc.content.rootFolder, { name: 'x' }).catch((e: unknown) => e);
  assert.ok(isFault(error, 'DuplicateName') && isFault(error, 'VimFault') && isFault(error, 'MethodFault'));
  assert.ok(!isFault(error, 'RuntimeFault'));
  const { fault } = error as { fault?: { details: Record<string, unknown> } };
  assert.deepEqual(fault?.details.object, { type: 'VirtualMachine', value: 'vm-9' });
  assert.equal(fault?.details.name, 'web');
});
