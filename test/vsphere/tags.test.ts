import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Vsphere } from '../../vsphere/index.ts';
import { connect, ref } from '../../vsphere/index.ts';
import {
  type Cardinality,
  createCategory,
  createTag,
  listCategories,
  listTags,
  updateCategory,
} from '../../vsphere/tags.ts';
import { attachedObjects, attachedTags, attachTag } from '../../vsphere/tags-attached.ts';
import type { FaultProxy } from './proxy.ts';
import { startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
const clients: Vsphere[] = [];
const open = async () => {
  const vc = await connect({ server: proxy.server, username: 'user', password: 'pass', tls: { caFile: proxy.caFile } });
  clients.push(vc);
  return vc;
};

before(async () => {
  sim = await startVcsim('-api-version', '8.0.3.0');
  proxy = await startProxy(sim.server);
});
after(async () => {
  for (const vc of clients) await vc.close();
  await proxy.stop();
  sim.stop();
});

const DC = ref('Datacenter', 'datacenter-2');
const spec: { name: string; description: string; cardinality: Cardinality; associableTypes: string[] } = {
  name: 'k8s region',
  description: 'Über',
  cardinality: 'SINGLE',
  associableTypes: ['Datacenter'],
};

/** The whole life of a tag, as any server should take it. */
async function life(vc: Vsphere) {
  const category = await createCategory(vc, spec);
  await updateCategory(vc, category, { cardinality: 'MULTIPLE', associableTypes: ['Datacenter', 'Folder'] });
  const tag = await createTag(vc, { name: 'east', description: '', categoryId: category });
  await attachTag(vc, tag, DC);
  await attachTag(vc, tag, DC);
  return {
    categories: await listCategories(vc),
    tags: await listTags(vc, category),
    attached: Object.fromEntries(await attachedTags(vc, [DC, ref('Folder', 'group-d1')])),
    objects: Object.fromEntries(await attachedObjects(vc, [tag])),
    ids: { category, tag },
  };
}

test('below /rest, as vcsim and vCenter before 7.0 U2 have it: read back by govc', async () => {
  const vc = await open();
  const { categories, tags, attached, objects, ids } = await life(vc);
  assert.deepEqual(categories, [
    { ...spec, id: ids.category, cardinality: 'MULTIPLE', associableTypes: ['Datacenter', 'Folder'] },
  ]);
  assert.deepEqual(tags, [{ id: ids.tag, name: 'east', description: '', categoryId: ids.category }]);
  assert.deepEqual(attached, { 'Datacenter:datacenter-2': [ids.tag], 'Folder:group-d1': [] });
  assert.deepEqual(objects, { [ids.tag]: [DC] });
  assert.equal((await sim.govc('tags.attached.ls', 'east')).trim(), 'Datacenter:datacenter-2');
  await assert.rejects(createCategory(vc, spec), { code: 'rest.already-exists' });
  // No request without an object to ask for.
  const before = proxy.log.length;
  assert.deepEqual([(await attachedTags(vc, [])).size, (await attachedObjects(vc, [])).size], [0, 0]);
  assert.equal(proxy.log.length, before);
});

test('a category that somebody deletes while all are listed is left out', async () => {
  const vc = await open();
  const gone = JSON.stringify({ type: 'com.vmware.vapi.std.errors.not_found', value: { messages: [] } });
  const { length } = await listCategories(vc);
  proxy.rule = ({ path }) => (path.includes('/category/id:') ? { answer: { status: 404, body: gone } } : undefined);
  assert.deepEqual([length > 0, await listCategories(vc)], [true, []]);
  proxy.rule = () => undefined;
});

/** The paths and bodies of the vSphere Automation API reference, 7.0 U2 and later, which vcsim has not. */
test('below /api, requests are as the reference of the vSphere Automation API has them', async () => {
  const vc = await open();
  const category = { id: 'c:1', name: spec.name, description: '', cardinality: 'SINGLE', associable_types: [] };
  const tag = { id: 't:1', name: 'east', description: '', category_id: 'c:1' };
  const answers: Readonly<Record<string, unknown>> = {
    'POST /api/session': 'token',
    'POST /api/cis/tagging/category': 'c:1',
    'PATCH /api/cis/tagging/category/c:1': undefined,
    'GET /api/cis/tagging/category': ['c:1'],
    'GET /api/cis/tagging/category/c:1': category,
    'POST /api/cis/tagging/tag': 't:1',
    'POST /api/cis/tagging/tag?action=list-tags-for-category': ['t:1'],
    'GET /api/cis/tagging/tag/t:1': tag,
    'POST /api/cis/tagging/tag-association/t:1?action=attach': undefined,
    'POST /api/cis/tagging/tag-association?action=list-attached-tags-on-objects': [
      { object_id: { type: 'Datacenter', id: 'datacenter-2' }, tag_ids: ['t:1'] },
    ],
    'POST /api/cis/tagging/tag-association?action=list-attached-objects-on-tags': [
      { tag_id: 't:1', object_ids: [{ type: 'Datacenter', id: 'datacenter-2' }] },
    ],
  };
  const sent = new Map<string, unknown>();
  proxy.rule = ({ method, path, body }) => {
    const key = `${method.split(' ')[0]} ${path}`;
    if (!path.startsWith('/api') || !(key in answers)) return undefined;
    sent.set(key, body === '' ? undefined : JSON.parse(body));
    return { answer: { status: 200, body: JSON.stringify(answers[key]) ?? '' } };
  };
  const { attached, objects } = await life(vc);
  proxy.rule = () => undefined;
  assert.deepEqual(attached, { 'Datacenter:datacenter-2': ['t:1'], 'Folder:group-d1': [] });
  assert.deepEqual(objects, { 't:1': [DC] });
  const dc = { type: 'Datacenter', id: 'datacenter-2' };
  assert.deepEqual(Object.fromEntries(sent), {
    'POST /api/session': undefined,
    'POST /api/cis/tagging/category': {
      name: spec.name,
      description: spec.description,
      cardinality: 'SINGLE',
      associable_types: ['Datacenter'],
    },
    'PATCH /api/cis/tagging/category/c:1': { cardinality: 'MULTIPLE', associable_types: ['Datacenter', 'Folder'] },
    'GET /api/cis/tagging/category': undefined,
    'GET /api/cis/tagging/category/c:1': undefined,
    'POST /api/cis/tagging/tag': { name: 'east', description: '', category_id: 'c:1' },
    'POST /api/cis/tagging/tag?action=list-tags-for-category': { category_id: 'c:1' },
    'GET /api/cis/tagging/tag/t:1': undefined,
    'POST /api/cis/tagging/tag-association/t:1?action=attach': { object_id: dc },
    'POST /api/cis/tagging/tag-association?action=list-attached-tags-on-objects': {
      object_ids: [dc, { type: 'Folder', id: 'group-d1' }],
    },
    'POST /api/cis/tagging/tag-association?action=list-attached-objects-on-tags': { tag_ids: ['t:1'] },
  });
});
