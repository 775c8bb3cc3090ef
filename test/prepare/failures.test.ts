import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, test } from 'node:test';
import { ended } from '../cli/ingot.ts';
import type { Passing } from '../vsphere/proxy.ts';
import { openPrepareSite, row } from './prepare-site.ts';

const site = await openPrepareSite();
const domains = (names: string) => `
handover:
  failureDomains: [{ name: a, region: east, zone: east-a }]
prepare: { topologies: [${names}] }`;
const CATEGORY = '/rest/com/vmware/cis/tagging/category';

const creates = ({ method, path, body }: Passing, name: string) =>
  method === 'POST rest' && path === CATEGORY && body.includes(`"${name}"`);

afterEach(() => {
  site.proxy.rule = () => undefined;
});

test('a change that is refused is told with what vCenter said, and hides no other', async () => {
  const body = JSON.stringify({
    type: 'com.vmware.vapi.std.errors.unauthorized',
    value: { messages: [{ default_message: 'no privilege' }] },
  });
  site.proxy.rule = (passing) => (creates(passing, 'r1') ? { answer: { status: 403, body } } : undefined);
  const image = await site.image(domains('{ regionCategory: r1, zoneCategory: z1 }'));
  const { code, rows } = await site.prepare(image, '--yes');
  assert.equal(code, 1);
  const refused = row(rows, 'tag category r1', 'tag category');
  assert.deepEqual([refused.action, refused.failure?.code], ['failed', 'rest.unauthorized']);
  assert.match(refused.failure?.message ?? '', /no privilege/);
  assert.match(refused.failure?.remedy ?? '', /right/);
  assert.equal(row(rows, 'tag category r1', 'tag east').failure?.code, 'prepare.not-made');
  assert.equal(row(rows, '/DC0/host/DC0_C0', 'tag east-a of z1').action, 'changed');
  assert.match(await site.govc('tags.attached.ls', '-r', '/DC0/host/DC0_C0'), /east-a/);
  site.proxy.rule = () => undefined;
  const { stdout, code: second } = await site.table(image, '--yes');
  assert.equal(second, 0);
  assert.match(stdout, /\n3 changes made\.\n$/);
});

test('a change that vCenter takes and forgets is no change', async () => {
  const body = JSON.stringify({ value: 'urn:vmomi:InventoryServiceCategory:none:GLOBAL' });
  site.proxy.rule = (passing) => (creates(passing, 'r2') ? { answer: { status: 200, body } } : undefined);
  const image = await site.image(domains('{ regionCategory: r2, zoneCategory: z2 }'));
  const { code, rows } = await site.prepare(image, '--yes');
  assert.equal(code, 1);
  const failed = row(rows, 'tag category r2', 'tag category');
  assert.deepEqual([failed.action, failed.failure?.code], ['failed', 'prepare.not-changed']);
  assert.match((await site.table(image)).stdout, /\n3 changes to make: add --yes\.\n$/);
});

test('a part that cannot be read is told, and hides no other', async () => {
  const body = JSON.stringify({ type: 'com.vmware.vapi.std.errors.internal_server_error', value: { messages: [] } });
  site.proxy.rule = ({ method, path }) =>
    method === 'GET rest' && path === CATEGORY ? { answer: { status: 500, body } } : undefined;
  const image = await site.image(domains('{ regionCategory: r3, zoneCategory: z3 }'));
  const { code, stderr, rows } = await site.prepare(image, '--yes');
  assert.equal(code, 1);
  assert.match(stderr, /error: GET .*\/category: .*\(rest\.internal-server-error\)/);
  assert.equal(row(rows, 'failure domain a', 'objects').state, 'right');
});

test('an interrupt lets nothing more begin, and says what became of each', { timeout: 60_000 }, async () => {
  const image = await site.image(domains('{ regionCategory: r4, zoneCategory: z4 }'));
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  site.proxy.rule = (passing) => {
    if (!creates(passing, 'z4')) return undefined;
    begin();
    return { hold: held };
  };
  const child = site.begin(image, '--yes', '--json');
  const finished = ended(child);
  await begun;
  child.kill('SIGINT');
  await once(child, 'close');
  release();
  const { code, stdout, stderr } = await finished;
  assert.equal(code, 130, stderr);
  const rows = JSON.parse(stdout);
  assert.equal(row(rows, 'tag category r4', 'tag east').action, 'changed');
  const cut = row(rows, 'tag category z4', 'tag category');
  assert.deepEqual([cut.action, cut.failure?.code], ['failed', 'prepare.interrupted']);
  assert.equal(row(rows, '/DC0/host/DC0_C0', 'tag east-a of z4').action, 'change');
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('an image file that asks for nothing is told where it could', async () => {
  const { code, stdout } = await site.table(await site.image());
  assert.equal(code, 0);
  assert.match(stdout, /The image file asks for nothing: see handover\.failureDomains and prepare\./);
});
