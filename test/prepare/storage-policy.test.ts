import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { soapFault } from '../vsphere/proxy.ts';
import { open, openPrepareSite, type Row, row } from './prepare-site.ts';

const site = await openPrepareSite('-ds', '4', '-pod', '2');
await site.govc('object.mv', '/DC0/datastore/LocalDS_1', '/DC0/datastore/LocalDS_2', '/DC0/datastore/DC0_POD0');

const policy = (fields: string) => `prepare: { storagePolicy: { ${fields} } }`;
const attachedTo = async (path: string): Promise<readonly string[]> =>
  (await site.govc('tags.attached.ls', '-r', path)).trim().split('\n').toSorted();

interface Info {
  readonly profile: {
    readonly profileId: { readonly uniqueId: string };
    readonly constraints: {
      readonly subProfiles: readonly {
        readonly capability: readonly {
          readonly id: { readonly namespace: string; readonly id: string };
          readonly constraint: readonly {
            readonly propertyInstance: readonly {
              readonly id: string;
              readonly value: { readonly values: string[] };
            }[];
          }[];
        }[];
      }[];
    };
  };
}
const info = async (name: string): Promise<Info> =>
  JSON.parse(await site.govc('storage.policy.info', '-json', name)).policies[0];

afterEach(() => {
  site.proxy.rule = () => undefined;
});

test('the datastores of a cluster get the tag, and the policy asks for it; a new member is found later', async () => {
  const image = await site.image(
    policy('name: Windows nodes, tagCategory: storage, tag: windows, datastoreCluster: DC0_POD0'),
  );
  site.writes();
  assert.equal((await site.prepare(image)).code, 0);
  assert.deepEqual(site.writes(), []);
  const { code, rows, stderr } = await site.prepare(image, '--yes');
  assert.equal(code, 0, stderr);
  assert.equal(rows.filter(({ action }) => action === 'changed').length, 5);

  assert.match(
    await site.govc('tags.category.info', 'storage'),
    /Cardinality: +MULTIPLE\n +AssociableTypes: +\[Datastore\]/,
  );
  for (const name of ['LocalDS_1', 'LocalDS_2'])
    assert.deepEqual(await attachedTo(`/DC0/datastore/DC0_POD0/${name}`), ['windows']);
  const { profile } = await info('Windows nodes');
  const [capability] = profile.constraints.subProfiles[0]?.capability ?? [];
  assert.deepEqual(capability?.id, { namespace: 'http://www.vmware.com/storage/tag', id: 'storage' });
  assert.deepEqual(capability?.constraint[0]?.propertyInstance, [
    { id: 'com.vmware.storage.tag.storage.property', value: { values: ['windows'] } },
  ]);
  const rules = row(rows, 'storage policy Windows nodes', 'rules');
  assert.equal(rules.note, `VSPHERE_STORAGE_POLICY_ID of Windows nodes: ${profile.profileId.uniqueId}`);

  site.writes();
  assert.match((await site.table(image, '--yes')).stdout, /Everything is right/);
  assert.deepEqual(site.writes(), []);

  await site.govc('object.mv', '/DC0/datastore/LocalDS_3', '/DC0/datastore/DC0_POD0');
  const later = await site.prepare(image, '--yes');
  const added = '/DC0/datastore/DC0_POD0/LocalDS_3';
  assert.deepEqual(open(later.rows), [`${added} tag windows of storage: missing`]);
  assert.deepEqual(await attachedTo(added), ['windows']);
});

test('a policy made by govc with the words that are told is right', async () => {
  site.proxy.rule = ({ method }) =>
    method === 'HasPrivilegeOnEntities'
      ? { rewrite: (answer) => answer.replaceAll('<isGranted>true<', '<isGranted>false<') }
      : undefined;
  const yaml = policy("name: It's gold, tagCategory: class of disk, tag: gold, datastores: [LocalDS_0]");
  const image = await site.image(yaml);
  const { code, rows } = await site.prepare(image, '--yes');
  assert.equal(code, 0);
  const rules = row(rows, "storage policy It's gold", 'rules');
  assert.deepEqual([rules.state, rules.found, rules.action], ['manual', 'not there', 'none']);
  assert.match(rules.explain, /lacks StorageProfile\.Update at the root/);
  assert.deepEqual(await attachedTo('/DC0/datastore/LocalDS_0'), ['gold']);
  const told = rules.steps.at(-1) ?? '';
  assert.equal(told, "or: govc storage.policy.create -category 'class of disk' -tag gold 'It'\\''s gold'");
  await site.govc('storage.policy.create', '-category', 'class of disk', '-tag', 'gold', "It's gold");
  assert.equal((await site.prepare(image, '--check')).code, 0);
});

test('where vCenter has no such service, or does not let one read, a person makes the policy', async () => {
  const image = await site.image(policy('name: P, tagCategory: c1, tag: t, datastores: [LocalDS_0]'));
  const read = async (): Promise<Row> => row((await site.prepare(image)).rows, 'storage policy P', 'rules');
  site.proxy.rule = ({ path }) => (path === '/pbm' ? { answer: { status: 404, body: 'not found' } } : undefined);
  const none = await read();
  assert.deepEqual([none.state, none.found], ['manual', 'not known']);
  assert.match(none.explain, /found none/);
  const privilege = '<privilegeId>StorageProfile.View</privilegeId>';
  for (const [fault, inner, told] of [
    ['NoPermission', privilege, /NoPermission \(privilege StorageProfile\.View\)/],
    ['PbmFaultNoPermission', '', /PbmFaultNoPermission/],
  ] as const) {
    site.proxy.rule = ({ method }) => (method === 'PbmQueryProfile' ? { answer: soapFault(fault, inner) } : undefined);
    const refused = await read();
    assert.deepEqual([refused.state, refused.found], ['manual', 'not known']);
    assert.match(refused.explain, told);
  }
  // An outage is no reason to do something by hand.
  site.proxy.rule = ({ path }) => (path === '/pbm' ? { answer: { status: 400, body: 'no' } } : undefined);
  const { code, stderr } = await site.prepare(image);
  assert.equal(code, 1);
  assert.match(stderr, /vsphere\.lost-answer/);
});

test('an expired session is renewed', async () => {
  const image = await site.image(policy('name: P, tagCategory: c1, tag: t, datastores: [LocalDS_0]'));
  let refused = 0;
  site.proxy.rule = ({ method }) =>
    method === 'PbmRetrieveServiceContent' && refused++ === 0 ? { answer: soapFault('NotAuthenticated') } : undefined;
  const { code, rows } = await site.prepare(image);
  assert.deepEqual([code, row(rows, 'storage policy P', 'rules').state], [0, 'missing']);
  assert.ok(refused > 1);
});

test('another tag of the same category is changed; other rules are left to a person', async () => {
  await site.govc('tags.category.create', '-t', 'Datastore', 'tier');
  for (const name of ['gold', 'silver']) await site.govc('tags.create', '-c', 'tier', name);
  await site.govc('storage.policy.create', '-category', 'tier', '-tag', 'silver', 'Tiered');
  const id = (await info('Tiered')).profile.profileId.uniqueId;
  const image = await site.image(policy('name: Tiered, tagCategory: tier, tag: gold, datastores: [LocalDS_0]'));
  // vcsim has no PbmUpdate: the proxy takes it, and lets the policy be read as it was sent.
  let sent = '';
  site.proxy.rule = ({ method, body }) => {
    if (method === 'PbmUpdate') sent = body;
    if (method === 'PbmUpdate') return { answer: { status: 200, body: answerOf('PbmUpdate') } };
    if (method === 'PbmRetrieveContent' && sent !== '')
      return { rewrite: (answer) => answer.replace('>silver</values>', '>gold</values>') };
    return undefined;
  };
  const { code, rows, stderr } = await site.prepare(image, '--yes');
  assert.equal(code, 0, stderr);
  const rules = row(rows, 'storage policy Tiered', 'rules');
  assert.deepEqual(
    [rules.state, rules.found, rules.wanted, rules.action],
    ['wrong', 'datastores with the tag silver of tier', 'datastores with the tag gold of tier', 'changed'],
  );
  assert.ok(sent.includes(`<profileId><uniqueId>${id}</uniqueId></profileId><updateSpec><constraints`));
  assert.ok(
    sent.includes('<value xsi:type="PbmCapabilityDiscreteSet"><values xsi:type="xsd:string">gold</values></value>'),
  );

  site.proxy.rule = () => undefined;
  for (const name of ['VM Encryption Policy', 'Tiered']) {
    const other = await site.image(policy(`name: ${name}, tagCategory: other, tag: gold, datastores: [LocalDS_0]`));
    const seen = row((await site.prepare(other)).rows, `storage policy ${name}`, 'rules');
    assert.equal(seen.state, 'manual', name);
    assert.match(seen.explain, /It has other rules, which somebody may rely on/);
  }
});

test('a category of one tag per object is widened only where a datastore has another one', async () => {
  await site.govc('tags.category.create', '-t', 'Datastore', 'one');
  await site.govc('tags.create', '-c', 'one', 'bronze');
  const image = await site.image(policy('name: One, tagCategory: one, tag: tin, datastores: [LocalDS_0]'));
  const before = row((await site.prepare(image)).rows, 'tag category one', 'tag category');
  assert.deepEqual([before.state, before.found], ['right', 'for Datastore; one tag per object']);
  await site.govc('tags.attach', '-c', 'one', 'bronze', '/DC0/datastore/LocalDS_0');
  const { rows } = await site.prepare(image, '--yes');
  const after = row(rows, 'tag category one', 'tag category');
  assert.deepEqual([after.state, after.wanted, after.action], ['wrong', 'several tags per object', 'changed']);
  assert.match(await site.govc('tags.category.info', 'one'), /Cardinality: +MULTIPLE/);
  const names = await attachedTo('/DC0/datastore/LocalDS_0');
  assert.ok(names.includes('bronze') && names.includes('tin'), names.join());
});

test('datastores that are not there, and a datastore cluster without any, are told', async () => {
  const empty = await site.image(policy('name: E, tagCategory: e, tag: t, datastoreCluster: /DC0/datastore/DC0_POD1'));
  const told = row(
    (await site.prepare(empty)).rows,
    'datastores of the policy',
    'datastore cluster /DC0/datastore/DC0_POD1',
  );
  assert.deepEqual([told.state, told.found], ['manual', 'empty']);
  const missing = await site.image(
    policy('name: E, tagCategory: e, tag: t, datastores: [LocalDS_9, /DC0/datastore/DC0_POD0/LocalDS_1]'),
  );
  const { rows } = await site.prepare(missing);
  assert.match(row(rows, 'datastores of the policy', 'datastore LocalDS_9').explain, /there is: LocalDS_0/);
  assert.equal(row(rows, '/DC0/datastore/DC0_POD0/LocalDS_1', 'tag t of e').state, 'missing');
});

function answerOf(method: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">' +
    `<soapenv:Body><${method}Response xmlns="urn:pbm"/></soapenv:Body></soapenv:Envelope>`
  );
}
