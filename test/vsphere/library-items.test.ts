import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { Vsphere } from '../../vsphere/index.ts';
import { connect, openDatacenter } from '../../vsphere/index.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { copyItem, findItem, findLibrary, listItems, updateItem } from '../../vsphere/library.ts';
import { captureOvf, createVmTemplateItem, deployItem, vmTemplateOf } from '../../vsphere/library-templates.ts';
import type { Rest } from '../../vsphere/rest.ts';
import type { FaultProxy } from './proxy.ts';
import { startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
let rest: Rest;
const open = () => connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });
const json = (value: unknown, status = 200) => ({ answer: { status, body: JSON.stringify(value) } });
const folder = { type: 'Folder', value: 'group-v3' } as const;
const pool = { type: 'ResourcePool', value: 'resgroup-1' } as const;
const datastore = { type: 'Datastore', value: 'ds-1' } as const;
const source = { type: 'VirtualMachine', value: 'vm-1' } as const;
const spec = { name: 'windows', description: 'of build 1' };
const options = { answerMs: 60_000, clientToken: 'token-1' };

before(async () => {
  sim = await startVcsim('-api-version', '8.0.3.0');
  proxy = await startProxy(sim.server);
  vc = await open();
  rest = await vc.rest();
  await sim.govc('library.create', '-ds', 'LocalDS_0', 'images');
});
after(async () => {
  await vc.close();
  await proxy.stop();
  sim.stop();
});
afterEach(() => {
  proxy.rule = () => undefined;
});

test('a VM template item is made, described and renamed, as govc sees it', async () => {
  const library = await findLibrary(rest, 'images');
  assert.deepEqual([library.type, library.datastores.length], ['LOCAL', 1]);
  const center = await openDatacenter(vc, 'DC0');
  const { resourcePool } = center.compute('DC0_C0');
  const vm = (await findByPath(vc, '/DC0/vm/DC0_C0_RP0_VM0'))?.value ?? '';
  await sim.govc('vm.power', '-off', 'DC0_C0_RP0_VM0');
  const placement = { folder: center.vmFolder.value, resource_pool: resourcePool.value };
  const made = await createVmTemplateItem(
    rest,
    { source_vm: vm, library: library.id, name: 'windows-next', description: 'x', placement },
    options,
  );
  await updateItem(rest, made, { name: 'windows-vm', description: 'of build 1' });
  const [seen] = JSON.parse(await sim.govc('library.info', '-json', '/images/windows-vm'));
  assert.deepEqual([seen.id, seen.type, seen.description], [made, 'vm-template', 'of build 1']);
  assert.equal((await findItem(rest, library.id, 'windows-vm'))?.description, 'of build 1');
  assert.equal(await findItem(rest, library.id, 'windows-next'), undefined);
  assert.equal((await sim.govc('object.collect', '-s', '/DC0/vm/windows-next', 'config.template')).trim(), 'true');
});

test('a library that is not there is told with those that are; an item that goes while all are read is left out', async () => {
  await assert.rejects(findLibrary(rest, 'imagse'), { code: 'vsphere.not-found', evidence: ['there is: images'] });
  const { id } = await findLibrary(rest, 'images');
  await captureOvf(rest, source, { library: id }, { ...spec, name: 'gone' }, options);
  const gone = await findItem(rest, id, 'gone');
  const error = { type: 'com.vmware.vapi.std.errors.not_found', value: { messages: [] } };
  proxy.rule = ({ path }) => (path.endsWith(`/item/id:${gone?.id}`) ? json(error, 404) : undefined);
  assert.deepEqual(
    (await listItems(rest, id)).map(({ name }) => name),
    ['windows-vm'],
  );
});

test('a capture whose answer is lost is sent again with the same token', async () => {
  const { id } = await findLibrary(rest, 'images');
  const start = proxy.log.length;
  let cut = 0;
  proxy.rule = ({ path }) => (path.endsWith('/ovf/library-item') && cut++ === 0 ? { cut: 'before' } : undefined);
  await captureOvf(rest, source, { library: id }, spec, options);
  const sent = proxy.log.slice(start).filter(({ path }) => path.endsWith('/ovf/library-item'));
  assert.deepEqual(
    sent.map(({ body }) => JSON.parse(body).client_token),
    ['token-1', 'token-1'],
  );
});

test('what vCenter says of a capture and of a deployment that fail is told', async () => {
  const error = { errors: [{ category: 'SERVER', error: { messages: [{ default_message: 'The disk is full.' }] } }] };
  proxy.rule = ({ path }) => (path.includes('/ovf/') ? json({ value: { succeeded: false, error } }) : undefined);
  const told = { evidence: ['The disk is full.'] };
  await assert.rejects(captureOvf(rest, source, { library: 'l' }, spec, options), { code: 'library.capture', ...told });
  const to = { name: 'x', folder, pool, datastore };
  const deploying = deployItem(rest, { id: 'i', type: 'ovf' }, to, options);
  await assert.rejects(deploying, { code: 'library.deploy', ...told });
});

test('/api gets bare bodies, ids in the path, and the token in the query', async () => {
  const own = await open();
  const answers: Record<string, ReturnType<typeof json>> = {
    'POST /api/session': json('session', 201),
    'POST /api/vcenter/ovf/library-item?client_token=token-1': json({ succeeded: true, ovf_library_item_id: 'i/1' }),
    'POST /api/vcenter/vm-template/library-items': json('i/2', 201),
    'GET /api/vcenter/vm-template/library-items/i%2F2': json({ vm_template: 'vm-9' }),
    'PATCH /api/content/library/item/i%2F2': json(undefined, 204),
    'POST /api/content/library/item/i%2F1?action=copy&client_token=token-2': json('i/3', 201),
    'POST /api/vcenter/ovf/library-item/i%2F1?action=deploy': json({ succeeded: true, resource_id: { id: 'vm-8' } }),
    'DELETE /api/session': json(undefined, 204),
  };
  const start = proxy.log.length;
  proxy.rule = ({ method, path }) => answers[`${method.split(' ')[0]} ${path}`];
  const api = await own.rest();
  assert.equal(await captureOvf(api, source, { library: 'l', item: 'i/1' }, spec, options), 'i/1');
  const placement = { folder: 'group-v3' };
  const wanted = { source_vm: 'vm-1', library: 'l', ...spec, placement };
  assert.equal(await createVmTemplateItem(api, wanted, { answerMs: 60_000 }), 'i/2');
  assert.equal((await vmTemplateOf(api, 'i/2'))?.value, 'vm-9');
  await updateItem(api, 'i/2', { name: 'windows' });
  assert.equal(await copyItem(api, { id: 'i/1', library: 'l' }, { ...spec, type: 'ovf' }, 'token-2'), 'i/3');
  const to = { name: 'x', folder, pool, datastore };
  assert.equal((await deployItem(api, { id: 'i/1', type: 'ovf' }, to, { answerMs: 60_000 })).value, 'vm-8');
  await own.close();
  const [capture, create, update, copy, deploy] = proxy.log
    .slice(start)
    .filter(({ path, body }) => path.startsWith('/api') && body !== '')
    .map(({ body }) => JSON.parse(body));
  assert.deepEqual(capture.target, { library_id: 'l', library_item_id: 'i/1' });
  assert.deepEqual([capture.create_spec, capture.client_token], [spec, undefined]);
  assert.deepEqual(create, wanted);
  assert.deepEqual(update, { name: 'windows' });
  assert.deepEqual(copy, { library_id: 'l', ...spec, type: 'ovf' });
  assert.equal(deploy.deployment_spec.default_datastore_id, 'ds-1');
});
