import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { connect } from '../../vsphere/index.ts';
import { createStoragePolicy, findStoragePolicy, listStoragePolicies } from '../../vsphere/pbm.ts';
import type { FaultProxy } from './proxy.ts';
import { soapFault, startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
const open = () => connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });

before(async () => {
  sim = await startVcsim();
  proxy = await startProxy(sim.server);
});
after(async () => {
  await proxy.stop();
  sim.stop();
});
afterEach(() => {
  proxy.rule = () => undefined;
});

const envelope = (namespace: string, inner: string) =>
  '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
  ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
  `<soapenv:Body>${inner.replace('>', ` xmlns="${namespace}">`)}</soapenv:Body></soapenv:Envelope>`;

test('a policy by tags is found again, with what XML escapes in its names; govc sees the same', async () => {
  await using vc = await open();
  const id = await createStoragePolicy(vc, {
    name: 'R&D <1>',
    description: 'of "us"',
    category: 'class of disk',
    tags: ['gold', "it's"],
  });
  assert.deepEqual(await findStoragePolicy(vc, 'R&D <1>'), {
    id,
    name: 'R&D <1>',
    description: 'of "us"',
    ruleSets: [[{ category: 'class of disk', tags: ['gold', "it's"], not: false }]],
  });
  assert.equal(await findStoragePolicy(vc, 'r&d <1>'), undefined);
  assert.equal(
    JSON.parse(await sim.govc('storage.policy.info', '-json', 'R&D <1>')).policies[0].profile.profileId.uniqueId,
    id,
  );
  const built = (await listStoragePolicies(vc)).find(({ name }) => name === 'VM Encryption Policy');
  assert.equal(built?.ruleSets, undefined);
});

test('the session of the vSphere API goes along as a SOAP header, without the quotes of its cookie', async () => {
  const user =
    '<LoginResponse><returnval><key>k</key><userName>user</userName><fullName>user</fullName>' +
    '<loginTime>2026-11-21T00:00:00Z</loginTime><lastActiveTime>2026-11-21T00:00:00Z</lastActiveTime>' +
    '<locale>en</locale><messageLocale>en</messageLocale></returnval></LoginResponse>';
  const headers = { 'set-cookie': 'vmware_soap_session="52a0-ff"; Path=/; HttpOnly; Secure' };
  const answers = new Map([
    ['Login', { status: 200, body: envelope('urn:vim25', user), headers }],
    [
      'PbmQueryProfile',
      { status: 200, body: envelope('urn:pbm', '<PbmQueryProfileResponse></PbmQueryProfileResponse>') },
    ],
  ]);
  proxy.rule = ({ method }) => {
    const answer = answers.get(method);
    return answer && { answer };
  };
  await using vc = await open();
  proxy.log.length = 0;
  assert.deepEqual(await listStoragePolicies(vc), []);
  const asked = proxy.log.filter(({ path }) => path === '/pbm');
  assert.deepEqual(
    asked.map(({ method }) => method),
    ['PbmRetrieveServiceContent', 'PbmQueryProfile'],
  );
  for (const { body, cookie } of asked) {
    assert.ok(body.includes('<soapenv:Header><vcSessionCookie>52a0-ff</vcSessionCookie></soapenv:Header>'), body);
    assert.equal(cookie, 'vmware_soap_session="52a0-ff"');
  }
});

test('rule sets, single values and NOT are read; other capabilities are no rules about tags', async () => {
  const rule = (namespace: string, value: string, operator = '') =>
    `<capability><id><namespace>${namespace}</namespace><id>tier</id></id><constraint><propertyInstance>` +
    `<id>com.vmware.storage.tag.tier.property</id>${operator}${value}</propertyInstance></constraint></capability>`;
  const tags = 'http://www.vmware.com/storage/tag';
  const single = '<value xsi:type="xsd:string">gold</value>';
  const set = '<value xsi:type="PbmCapabilityDiscreteSet"><values xsi:type="xsd:string">tin</values></value>';
  const profile = (name: string, ...sets: readonly string[]) =>
    `<returnval xsi:type="PbmCapabilityProfile"><profileId><uniqueId>id-${name}</uniqueId></profileId><name>${name}</name>` +
    `<constraints xsi:type="PbmCapabilitySubProfileConstraints">${sets
      .map((rules) => `<subProfiles><name>s</name>${rules}</subProfiles>`)
      .join('')}</constraints></returnval>`;
  const profiles =
    profile('a', rule(tags, single) + rule(tags, set, '<operator>NOT</operator>'), rule(tags, set)) +
    profile('b', rule(tags, set) + rule('VSAN', '<value xsi:type="xsd:int">1</value>'));
  const body = envelope('urn:pbm', `<PbmRetrieveContentResponse>${profiles}</PbmRetrieveContentResponse>`);
  proxy.rule = ({ method }) => (method === 'PbmRetrieveContent' ? { answer: { status: 200, body } } : undefined);
  await using vc = await open();
  assert.deepEqual(await listStoragePolicies(vc), [
    {
      id: 'id-a',
      name: 'a',
      description: '',
      ruleSets: [
        [
          { category: 'tier', tags: ['gold'], not: false },
          { category: 'tier', tags: ['tin'], not: true },
        ],
        [{ category: 'tier', tags: ['tin'], not: false }],
      ],
    },
    { id: 'id-b', name: 'b', description: '', ruleSets: undefined },
  ]);
});

test('reads are sent again after an outage; a policy is not made twice', async () => {
  await using vc = await open();
  const cut = new Set<string>();
  proxy.rule = ({ method }) => {
    if (!method.startsWith('Pbm') || cut.has(method)) return undefined;
    cut.add(method);
    return { cut: 'after' };
  };
  assert.ok((await listStoragePolicies(vc)).length > 0);
  const spec = { name: 'once', description: '', category: 'c', tags: ['t'] };
  await assert.rejects(createStoragePolicy(vc, spec), { code: 'vsphere.lost-answer' });
  assert.equal((await listStoragePolicies(vc)).filter(({ name }) => name === 'once').length, 1);
});

test('a fault is told by its type, and a server without the service by a code of its own', async () => {
  await using vc = await open();
  proxy.rule = ({ method }) =>
    method === 'PbmCreate' ? { answer: soapFault('PbmDuplicateName', '<name>x</name>') } : undefined;
  const spec = { name: 'x', description: '', category: 'c', tags: ['t'] };
  await assert.rejects(createStoragePolicy(vc, spec), { code: 'vsphere.fault', message: /PbmDuplicateName/ });
  proxy.rule = ({ path }) => (path === '/pbm' ? { answer: { status: 404, body: '' } } : undefined);
  await assert.rejects(findStoragePolicy(vc, 'x'), { code: 'pbm.unavailable', remedy: /vmware-sps/ });
});
