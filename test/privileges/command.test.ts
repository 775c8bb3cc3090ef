import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ingotHere } from '../cli/here.ts';
import { openHandoverSite } from '../handover/site.ts';
import { PATH } from '../lab/support/tools.ts';

const run = promisify(execFile);
const site = await openHandoverSite('-pod', '1', '-folder', '0');
const { govc } = site;
const show = (...args: readonly string[]) => ingotHere(['privileges', ...args], { PASSWORD: 'pass' });

const planSchema = z.object({
  role: z.object({ name: z.string(), principal: z.string(), privileges: z.array(z.string()) }),
  needed: z.array(
    z.object({
      privilege: z.string(),
      on: z.string(),
      objects: z.array(z.string()),
      why: z.array(z.object({ step: z.string(), call: z.string(), source: z.string(), if: z.string().optional() })),
    }),
  ),
  permissions: z.array(z.object({ object: z.string(), role: z.string(), propagate: z.boolean() })),
});
type Plan = z.infer<typeof planSchema>;

async function planned(
  more: string,
  placement: Readonly<Record<string, string>> = {},
  ...flags: string[]
): Promise<Plan> {
  const { code, stdout, stderr } = await show(await site.image(more, placement), '--json', ...flags);
  assert.equal(code, 0, stderr);
  return planSchema.parse(JSON.parse(stdout));
}

const on = (plan: Plan, kind: string) =>
  plan.needed.filter((need) => need.on === kind).map(({ privilege }) => privilege);
const apart = { folder: 'masters', resourcePool: 'builds' };
await govc('folder.create', '/DC0/vm/masters', '/DC0/vm/templates');
await govc('pool.create', '/DC0/host/DC0_C0/Resources/builds');
const templates = 'template: { folder: templates }';

test('the commands that are printed make the role and its permissions, and no other', async () => {
  const file = await site.image(templates, { ...apart, network: 'DC0_DVPG0' });
  const { stdout, code, stderr } = await show(file, '--govc', '--principal', 'builder@vsphere.local');
  assert.equal(code, 0, stderr);
  const env = { ...process.env, PATH, GOVC_URL: `https://user:pass@${site.server}/sdk`, GOVC_INSECURE: '1' };
  await run('sh', ['-e', '-c', stdout], { env });

  const plan = await planned(templates, { ...apart, network: 'DC0_DVPG0' });
  const made = (await govc('role.ls', 'ingot')).trim().split('\n').sort();
  assert.deepEqual(made, [...plan.role.privileges, 'System.Anonymous', 'System.Read', 'System.View'].sort());
  for (const { object, role, propagate } of plan.permissions) {
    const rows = (await govc('permissions.ls', '-a=false', object)).split('\n').map((row) => row.split(/\s+/));
    const [found, ...more] = rows.filter(([, , principal]) => principal === 'builder@vsphere.local');
    assert.deepEqual(more, []);
    assert.deepEqual([found?.[0], found?.[3]], [role, propagate ? 'Yes' : 'No'], object);
  }
  assert.deepEqual(
    plan.permissions.map(({ object, role, propagate }) => `${object} ${role} ${propagate}`),
    [
      '/DC0 ingot false',
      '/DC0/datastore/LocalDS_0 ingot false',
      '/DC0/host/DC0_C0 ReadOnly true',
      '/DC0/host/DC0_C0/Resources/builds ingot false',
      '/DC0/network/DC0_DVPG0 ingot false',
      '/DC0/network/DVS0 ReadOnly false',
      '/DC0/vm/masters ingot true',
      '/DC0/vm/templates ingot true',
    ],
  );
});

test('offline it takes the names of the image file, and asks vCenter nothing', async () => {
  const online = await planned(templates, apart);
  const offline = await planned(templates, { ...apart }, '--offline');
  assert.deepEqual(
    offline.permissions.map(({ object }) => object),
    online.permissions.map(({ object }) => object),
  );
});

suite('only what the image asks for', () => {
  test('guest operations in the master only over VMware Tools; in the clone of the smoke test always', async () => {
    const ssh = await planned(templates, apart, '--offline');
    assert.ok(!on(ssh, 'folder').some((privilege) => privilege.includes('GuestOperations')));
    assert.ok(on(ssh, 'template-folder').includes('VirtualMachine.GuestOperations.Execute'));
    const tools = await planned(`${templates}\ncommunicator: vmtools`, apart, '--offline');
    assert.ok(on(tools, 'folder').includes('VirtualMachine.GuestOperations.Execute'));
  });

  test('no smoke test, no clone of the clone, no snapshot of it', async () => {
    const without = await planned(`${templates}\nsmokeTest: { enabled: false }`, apart, '--offline');
    for (const privilege of ['VirtualMachine.State.RemoveSnapshot', 'VirtualMachine.Provisioning.Clone'])
      assert.ok(!on(without, 'template-folder').includes(privilege), privilege);
    const full = await planned(`${templates}\nsmokeTest: { clone: full }`, apart, '--offline');
    assert.ok(on(full, 'template-folder').includes('VirtualMachine.Provisioning.Clone'));
    assert.ok(!on(full, 'template-folder').includes('VirtualMachine.State.RemoveSnapshot'));
  });

  test('the network of the smoke test is one that NICs are put on', async () => {
    const isolated = await planned('smokeTest: { network: DC0_DVPG0 }', apart);
    assert.deepEqual(on(isolated, 'smoke-network'), ['Network.Assign']);
    assert.ok(isolated.permissions.some(({ object }) => object === '/DC0/network/DC0_DVPG0'));
  });

  test('what is not known is said: media on a datastore may ask for a key', async () => {
    const plan = await planned(templates, apart);
    const keys = plan.needed.find(({ privilege }) => privilege === 'VirtualMachine.Interact.PutUsbScanCodes');
    assert.equal(keys?.why[0]?.if, 'the Windows ISO asks for a key before it boots');
  });
});

test('VM templates of a library lie in a folder, where they come, go and get their names', async () => {
  const libraries = '{ library: images, type: vm-template, folder: shelf, item: vm }, { library: images, type: ovf }';
  const publish = `${templates}\npublish: { contentLibraries: [${libraries}] }`;
  for (const flags of [['--offline'], []]) {
    const plan = await planned(publish, apart, ...flags);
    assert.deepEqual(
      plan.permissions.filter(({ object }) => object === '/DC0/vm/shelf'),
      [{ object: '/DC0/vm/shelf', role: 'ingot', propagate: true }],
    );
    for (const id of ['Inventory.CreateFromExisting', 'Inventory.Delete', 'Config.Rename'])
      assert.ok(on(plan, 'library-folder').includes(`VirtualMachine.${id}`), id);
  }
});

test('preparing asks for what changes a tag category', async () => {
  const plan = await planned(templates, apart, '--offline', '--for', 'prepare');
  assert.ok(on(plan, 'vcenter').includes('InventoryService.Tagging.EditCategory'));
});

test('objects without permissions of their own: those above get them, and it is said what that reaches', async () => {
  const { stdout } = await show(await site.image(), '--offline', '--govc');
  assert.match(
    stdout,
    /\n# \/DC0\/vm: this folder of a datacenter has the permissions of the datacenter: .*placement\.folder/,
  );
  const lines = stdout.split('\n').filter((line) => line.startsWith('govc permissions.set'));
  // All else lies below it.
  assert.deepEqual(lines, ['govc permissions.set -principal user -role ingot -propagate=true /DC0']);
  const pool = await planned(templates, { folder: 'masters' }, '--offline');
  assert.ok(
    pool.permissions.some(
      ({ object, role, propagate }) => `${object} ${role} ${propagate}` === '/DC0/host/DC0_C0 ingot true',
    ),
  );
});

test('each privilege says which document names it', async () => {
  const plan = await planned(templates, apart, '--offline', '--for', 'build,prune,prepare,handover');
  for (const { why } of plan.needed) for (const { source } of why) assert.match(source, /^(vSphere|published type)/);
  assert.ok(plan.role.privileges.includes('Authorization.ModifyRoles'));
  assert.ok(!plan.role.privileges.some((privilege) => privilege.startsWith('System.')));
});

test('the table tells what each is for', async () => {
  const { stdout } = await show(await site.image(templates, apart));
  assert.match(stdout, /^VM folder of the master \/DC0\/vm\/masters$/m);
  assert.match(stdout, /^ {2}VirtualMachine\.Inventory\.Create +create-vm: CreateVM_Task$/m);
  assert.match(stdout, /^ {2}govc role\.create ingot Datastore\.AllocateSpace /m);
});

test('groups that do not exist are a mistake of the command line', async () => {
  const { code, stderr } = await site.ingot(['privileges', await site.image(), '--for', 'everything']);
  assert.equal(code, 2);
  assert.match(stderr, /Expected some of build, lease, prune, publish, prepare, handover/);
});

test('a datastore cluster gets the permission, not the member that is the emptiest today', async () => {
  await govc('object.mv', '/DC0/datastore/LocalDS_0', '/DC0/datastore/DC0_POD0');
  const placement = { ...apart, datastore: '', datastoreCluster: 'DC0_POD0' };
  const plan = await planned(templates, placement);
  assert.deepEqual(
    plan.permissions.filter(({ object }) => object.startsWith('/DC0/datastore')),
    [{ object: '/DC0/datastore/DC0_POD0', role: 'ingot', propagate: true }],
  );
});
