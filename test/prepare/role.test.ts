import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ingotHere } from '../cli/here.ts';
import { openPrepareLab, states } from './lab-site.ts';
import { row } from './prepare-site.ts';

const site = await openPrepareLab('-pool', '0');
const { govc, lab } = site;
const principal = 'builder@vsphere.local';
const places = {
  placement: { folder: 'windows/masters', resourcePool: 'builds' },
  template: { folder: 'windows/templates' },
};
const image = (name: string, more = {}) =>
  site.image(name, { ...places, prepare: { role: { name: 'ingot-builder', principal } }, ...more });

/** What govc shows of a role, without what every role has. */
async function privileges(role: string): Promise<readonly string[]> {
  const found = (await govc('role.ls', role)).trim().split('\n');
  return found.filter((privilege) => !privilege.startsWith('System.')).sort();
}

/** `ROLE PROPAGATE` of a principal on an object itself. */
async function permission(object: string, who = principal): Promise<string | undefined> {
  const rows = (await govc('permissions.ls', '-a=false', object)).split('\n').map((line) => line.trim().split(/\s+/));
  const found = rows.find(([, , name]) => name === who);
  return found && `${found[0]} ${found[3]}`;
}

async function computed(file: string): Promise<readonly string[]> {
  const { stdout } = await ingotHere(['privileges', file, '--json'], lab.env);
  return JSON.parse(stdout).role.privileges;
}

test('folders and pools are made where they are missing; what is there stays as it is', async () => {
  const file = await image('places');
  await govc('pool.create', '-cpu.shares=high', '/DC0/host/DC0_C0/Resources/nodes');
  const with2 = await image('places2', {
    handover: { failureDomains: [{ name: 'a', region: 'r', zone: 'z', resourcePool: 'nodes', folder: 'nodes/a' }] },
  });
  assert.deepEqual(states((await site.prepare(file, 'folders,pools')).rows), {
    '/DC0/vm/windows/masters VM folder': 'missing change',
    '/DC0/vm/windows/templates VM folder': 'missing change',
    '/DC0/host/DC0_C0/Resources/builds resource pool': 'missing change',
  });
  const made = await site.prepare(with2, 'folders,pools', '--yes');
  assert.deepEqual(states(made.rows), {
    '/DC0/vm/windows/masters VM folder': 'missing changed',
    '/DC0/vm/windows/templates VM folder': 'missing changed',
    '/DC0/vm/nodes/a VM folder': 'missing changed',
    '/DC0/host/DC0_C0/Resources/builds resource pool': 'missing changed',
    '/DC0/host/DC0_C0/Resources/nodes resource pool': 'right none',
  });
  const folders = (await govc('find', '/DC0/vm', '-type', 'f')).split('\n');
  for (const path of ['/DC0/vm/windows/masters', '/DC0/vm/windows/templates', '/DC0/vm/nodes/a'])
    assert.ok(folders.includes(path), path);
  const allocation = async (name: string) => {
    const [found] = JSON.parse(
      await govc('object.collect', '-json', `/DC0/host/DC0_C0/Resources/${name}`, 'config.cpuAllocation'),
    );
    const { reservation, expandableReservation, limit, shares } = found.val;
    return [reservation, expandableReservation, limit, shares.level];
  };
  assert.deepEqual(await allocation('builds'), [0, true, -1, 'normal']);
  assert.deepEqual((await allocation('nodes')).at(-1), 'high');
  assert.match(await govc('pool.info', '/DC0/host/DC0_C0/Resources/builds'), /CPU Shares: +normal/);
  await site.writes();
  const again = await site.prepare(with2, 'folders,pools', '--yes');
  assert.ok(again.rows.every(({ state }) => state === 'right'));
  assert.deepEqual(await site.writes(), []);
});

test('a VM that has the name of a folder is left alone', async () => {
  await govc(
    'vm.create',
    '-on=false',
    '-folder',
    '/DC0/vm/windows',
    '-ds',
    'LocalDS_0',
    '-pool',
    '/DC0/host/DC0_C0/Resources',
    'taken',
  );
  const { rows } = await site.prepare(
    await image('taken', { template: { folder: 'windows/taken' } }),
    'folders',
    '--yes',
  );
  const found = row(rows, '/DC0/vm/windows/taken', 'VM folder');
  assert.deepEqual([found.state, found.action, found.found], ['manual', 'none', 'a VirtualMachine of that name']);
});

test('the role gets exactly the computed privileges, and the principal the role where it is needed', async () => {
  const file = await image('role');
  await govc('permissions.set', '-principal', 'other@vsphere.local', '-role', 'ReadOnly', '/DC0/vm/windows/masters');
  await site.writes();
  const dry = await site.prepare(file, 'role');
  assert.deepEqual(await site.writes(), []);
  assert.deepEqual(states(dry.rows), {
    'role ingot-builder privileges': 'missing change',
    [`/DC0 permission of ${principal}`]: 'missing change',
    [`/DC0/datastore/LocalDS_0 permission of ${principal}`]: 'missing change',
    [`/DC0/host/DC0_C0 permission of ${principal}`]: 'missing change',
    [`/DC0/host/DC0_C0/Resources/builds permission of ${principal}`]: 'missing change',
    [`/DC0/network/VM Network permission of ${principal}`]: 'missing change',
    [`/DC0/vm/windows/masters permission of ${principal}`]: 'missing change',
    [`/DC0/vm/windows/templates permission of ${principal}`]: 'missing change',
  });
  const made = await site.prepare(file, 'role', '--yes');
  assert.deepEqual([...new Set(made.rows.map(({ action }) => action))], ['changed']);
  assert.deepEqual(await privileges('ingot-builder'), await computed(file));
  assert.deepEqual(
    await Promise.all(
      ['/DC0', '/DC0/host/DC0_C0', '/DC0/host/DC0_C0/Resources/builds', '/DC0/vm/windows/masters'].map((path) =>
        permission(path),
      ),
    ),
    ['ingot-builder No', 'ReadOnly Yes', 'ingot-builder No', 'ingot-builder Yes'],
  );
  assert.equal(await permission('/DC0/vm/windows/masters', 'other@vsphere.local'), 'ReadOnly Yes');
  await site.writes();
  const again = await site.prepare(file, 'role', '--yes');
  assert.deepEqual(
    again.rows.filter(({ state }) => state !== 'right'),
    [],
  );
  assert.deepEqual(await site.writes(), []);
});

test('a role of ours that is otherwise becomes what it should be: what comes and goes is shown before', async () => {
  const file = await image('changed');
  const right = await computed(file);
  await govc('role.update', 'ingot-builder', ...right.filter((id) => id !== 'Network.Assign'), 'Host.Config.Network');
  const dry = await site.prepare(file, 'role');
  const found = row(dry.rows, 'role ingot-builder', 'privileges');
  assert.deepEqual([found.state, found.found], ['wrong', 'without Network.Assign; beyond them Host.Config.Network']);
  await site.prepare(file, 'role', '--yes');
  assert.deepEqual(await privileges('ingot-builder'), right);
});

test('a role that others have, too, and one of vCenter’s own are not changed', async () => {
  await govc('role.create', 'shared', 'Network.Assign', 'Datastore.Browse');
  await govc('permissions.set', '-principal', 'other@vsphere.local', '-role', 'shared', '/DC0/host/DC0_C0');
  for (const [name, found] of [
    ['shared', /; other@vsphere\.local has this role, too$/],
    ['Admin', /^a role of vCenter's own, /],
  ] as const) {
    const file = await image(`used-${name.toLowerCase()}`, { prepare: { role: { name, principal } } });
    const before = await privileges(name);
    const { rows } = await site.prepare(file, 'role', '--yes');
    const role = row(rows, `role ${name}`, 'privileges');
    assert.deepEqual([role.state, role.action], ['manual', 'none']);
    assert.match(role.found, found);
    assert.match(role.steps.join('\n'), new RegExp(`govc role\\.update ${name} `));
    assert.deepEqual(await privileges(name), before);
  }
});

test('a role that the principal does not have is somebody’s: it is not changed', async () => {
  await govc('role.create', 'unseen', 'Network.Assign');
  const { rows } = await site.prepare(
    await image('unseen', { prepare: { role: { name: 'unseen', principal } } }),
    'role',
  );
  const role = row(rows, 'role unseen', 'privileges');
  assert.deepEqual([role.state, role.action], ['manual', 'none']);
  assert.match(role.found, /; builder@vsphere\.local does not have it, and who has it globally .* is not seen here$/);
});

test('the account that prepares does not take its own rights away', async () => {
  const self = lab.env.INGOT_VAR_vcenter_user ?? '';
  const role = { name: 'ingot-self', principal: self.toUpperCase() };
  const { rows } = await site.prepare(await image('self', { prepare: { role } }), 'role', '--yes');
  const [, ...permissions] = rows;
  assert.ok(permissions.length > 3 && permissions.every(({ state, action }) => `${state} ${action}` === 'manual none'));
  assert.match(
    permissions[0]?.steps.join('\n') ?? '',
    /by a group or globally[\s\S]*govc permissions\.set -principal /,
  );
  assert.equal(await permission('/DC0', self), undefined);
});

test('another role that the principal has on an object is not replaced', async () => {
  await govc('permissions.set', '-principal', 'second@vsphere.local', '-role', 'shared', '/DC0/network/VM Network');
  const role = { name: 'ingot-second', principal: 'second@vsphere.local' };
  const { rows } = await site.prepare(await image('second', { prepare: { role } }), 'role', '--yes');
  const found = row(rows, '/DC0/network/VM Network', 'permission of second@vsphere.local');
  assert.deepEqual([found.state, found.found], ['manual', 'shared, with all below it']);
  assert.match(
    found.steps.join('\n'),
    /govc permissions\.set -principal second@vsphere\.local -role ingot-second -propagate=false '\/DC0\/network\/VM Network'/,
  );
  assert.equal(await permission('/DC0/network/VM Network', 'second@vsphere.local'), 'shared Yes');
});

test('folders without permissions of their own: the datacenter and the cluster get them', async () => {
  const third = 'third@vsphere.local';
  const role = { name: 'ingot-third', principal: third };
  const file = await image('third', {
    placement: { resourcePool: '', folder: '' },
    template: { folder: '' },
    prepare: { role },
  });
  const { rows } = await site.prepare(file, 'role', '--yes');
  assert.deepEqual(states(rows), {
    'role ingot-third privileges': 'missing changed',
    [`/DC0 permission of ${third}`]: 'missing changed',
  });
  assert.match(
    row(rows, '/DC0', `permission of ${third}`).explain,
    /this folder of a datacenter has the permissions of the datacenter/,
  );
  assert.equal(await permission('/DC0', third), 'ingot-third Yes');
});

test('who is administrator needs nothing', async () => {
  await govc('permissions.set', '-principal', 'boss@vsphere.local', '-role', 'Admin', '/');
  const role = { name: 'ingot-boss', principal: 'VSPHERE.LOCAL\\boss' };
  const { rows } = await site.prepare(await image('boss', { prepare: { role } }), 'role');
  const [, ...permissions] = rows;
  assert.ok(
    permissions.length > 3 &&
      permissions.every(({ state, found }) => state === 'right' && found === 'Admin, from above'),
    JSON.stringify(permissions),
  );
});

test('every request is one that a real vCenter would take', async () => {
  await site.soapCheck();
});
