import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { open, openPrepareSite, row } from './prepare-site.ts';

const site = await openPrepareSite('-dc', '2', '-cluster', '2');
const TWO_REGIONS = `
handover:
  failureDomains:
    - { name: a, region: east, zone: east-a }
    - { name: b, region: east, zone: east-b, compute: DC0_C1 }
    - { name: c, region: west, zone: west-a, datacenter: DC1, compute: DC1_C0 }
`;

/** Each test has categories of its own: the simulator is one for all. */
let count = 0;
function categories(): { readonly region: string; readonly zone: string; readonly yaml: string } {
  const [region, zone] = [`region-${++count}`, `zone-${count}`];
  const names = `{ regionCategory: ${region}, zoneCategory: ${zone} }`;
  return { region, zone, yaml: `prepare: { topologies: [${names}] }` };
}

interface Category {
  readonly cardinality: string;
  readonly associable_types: readonly string[] | null;
}
const category = async (name: string): Promise<Category> =>
  JSON.parse(await site.govc('tags.category.info', '-json', name))[0];
const attachedTo = async (path: string): Promise<readonly string[]> =>
  (await site.govc('tags.attached.ls', '-r', path)).trim().split('\n').toSorted();

afterEach(() => {
  site.proxy.rule = () => undefined;
});

test('nothing is changed without --yes; then all is there, and a second run writes nothing', async () => {
  const image = await site.image(TWO_REGIONS);
  site.writes();
  const plan = await site.prepare(image);
  assert.equal(plan.code, 0, plan.stderr);
  assert.deepEqual(site.writes(), []);
  assert.equal((await site.govc('tags.category.ls')).trim(), '');
  assert.equal(plan.rows.filter(({ action }) => action === 'change').length, 12);

  const made = await site.prepare(image, '--yes');
  assert.equal(made.code, 0, made.stderr);
  assert.equal(made.rows.filter(({ action }) => action === 'changed').length, 12);
  assert.equal(site.writes().length, 12);
  assert.deepEqual(
    await category('k8s-region').then(({ cardinality, associable_types }) => [cardinality, associable_types]),
    ['SINGLE', ['Datacenter']],
  );
  assert.deepEqual(
    await category('k8s-zone').then(({ cardinality, associable_types }) => [cardinality, associable_types]),
    ['SINGLE', ['ClusterComputeResource']],
  );
  const tags = (await site.govc('tags.ls'))
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).join(' of '));
  assert.deepEqual(tags.toSorted(), [
    'east of k8s-region',
    'east-a of k8s-zone',
    'east-b of k8s-zone',
    'west of k8s-region',
    'west-a of k8s-zone',
  ]);
  for (const [path, tag] of [
    ['/DC0', 'east'],
    ['/DC1', 'west'],
    ['/DC0/host/DC0_C0', 'east-a'],
    ['/DC0/host/DC0_C1', 'east-b'],
    ['/DC1/host/DC1_C0', 'west-a'],
  ] as const) {
    assert.deepEqual(await attachedTo(path), [tag], path);
  }

  const again = await site.table(image, '--yes', '--check');
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /\nEverything is right: nothing to change\.\n$/);
  assert.deepEqual(site.writes(), []);
});

test('--check tells a CI system what is open; --only leaves the rest alone', async () => {
  const image = await site.image(`${TWO_REGIONS}${categories().yaml}`);
  assert.equal((await site.prepare(image, '--check')).code, 1);
  const { code, rows } = await site.prepare(image, '--check', '--only', 'failure-domains');
  assert.deepEqual([code, [...new Set(rows.map(({ part }) => part))]], [0, ['failure-domains']]);
  const wrong = await site.table(image, '--only', 'tags,ports');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /Expected some of failure-domains, .*tags/);
});

test('OpenShift has names of its own for the categories, and both may be wanted', async () => {
  const image = await site.image(`${TWO_REGIONS}prepare: { topologies: [{}, { convention: openshift }] }\n`);
  const { code, rows } = await site.prepare(image, '--yes');
  assert.equal(code, 0);
  assert.equal(row(rows, '/DC0', 'tag east of openshift-region').action, 'changed');
  assert.deepEqual(await attachedTo('/DC0'), ['east', 'east']);
  assert.equal((await category('openshift-zone')).cardinality, 'SINGLE');
});

test('a category that is there keeps its types, in their order, and gets the one that lacks', async () => {
  const { region, zone, yaml } = categories();
  await site.govc('tags.category.create', '-t', 'VirtualMachine', '-t', 'Folder', region);
  await site.govc('tags.category.create', zone);
  const image = await site.image(`${TWO_REGIONS}${yaml}`);
  const { rows } = await site.prepare(image, '--yes');
  const [first, second] = [region, zone].map((name) => row(rows, `tag category ${name}`, 'tag category'));
  assert.deepEqual([first?.state, first?.action, first?.wanted], ['wrong', 'changed', 'also for Datacenter']);
  assert.deepEqual([second?.state, second?.found], ['right', 'for all types; one tag per object']);
  assert.deepEqual((await category(region)).associable_types, ['VirtualMachine', 'Folder', 'Datacenter']);
  assert.equal((await category(zone)).associable_types?.length ?? 0, 0);
});

test('several tags per object cannot be turned back: a person decides, the rest goes on', async () => {
  const { region, yaml } = categories();
  await site.govc('tags.category.create', '-m', '-t', 'Datacenter', region);
  const image = await site.image(`${TWO_REGIONS}${yaml}`);
  const { code, rows } = await site.prepare(image, '--yes');
  assert.equal(code, 0);
  assert.deepEqual(open(rows.filter(({ action }) => action !== 'changed')), [
    `tag category ${region} tags per object: manual`,
  ]);
  assert.equal((await category(region)).cardinality, 'MULTIPLE');
  assert.equal((await site.prepare(image, '--check')).code, 1);
  assert.match((await site.table(image)).stdout, /Nothing to change\.\n1 thing to be done by hand\.\n$/);
});

test('another tag of the category on the object, above it or on a host is a conflict: shown, not touched', async () => {
  const { region, zone, yaml } = categories();
  const host = '/DC0/host/DC0_C1/DC0_C1_H1';
  for (const [name, tag, path] of [
    [region, 'old', '/DC0'],
    [zone, 'rack-1', host],
    [region, 'west', '/'],
  ] as const) {
    await site.govc('tags.category.create', name).catch(() => undefined);
    await site.govc('tags.create', '-c', name, tag);
    await site.govc('tags.attach', '-c', name, tag, path);
  }
  const image = await site.image(`${TWO_REGIONS}${yaml}`);
  const { code, rows } = await site.prepare(image, '--yes', '--only', 'tags');
  assert.equal(code, 0);
  const conflicts = rows.filter(({ state }) => state === 'manual');
  assert.deepEqual(
    conflicts.map(({ object, what, found }) => [object, what, found]),
    [
      ['/DC0', `tag east of ${region}`, 'old at /DC0, west at /'],
      ['/DC1', `tag west of ${region}`, 'west at /'],
      ['/DC0/host/DC0_C1', `tag east-b of ${zone}`, `rack-1 at ${host}`],
    ],
  );
  assert.ok(conflicts[2]?.steps.includes(`govc tags.detach -c ${zone} rack-1 ${host}`));
  assert.deepEqual(await attachedTo(host), ['rack-1']);
  assert.ok((await attachedTo('/DC0')).includes('old'));
  assert.equal(row(rows, '/DC0/host/DC0_C0', `tag east-a of ${zone}`).action, 'changed');
  assert.match(
    row(rows, `tag category ${region}`, 'tag west').note ?? '',
    /^Also at \/, which this file does not name/,
  );
  // What was told helps.
  const told = conflicts[2]?.steps.find((step) => step.startsWith('govc')) ?? '';
  await site.govc(...told.split(' ').slice(1));
  const again = await site.prepare(image, '--yes', '--only', 'tags');
  assert.equal(row(again.rows, '/DC0/host/DC0_C1', `tag east-b of ${zone}`).action, 'changed');
  await site.govc('tags.detach', '-c', region, 'west', '/');
});

test('a zone may be a host of a cluster: the category is for hosts then', async () => {
  const { zone, yaml } = categories();
  const image = await site.image(`
handover:
  failureDomains:
    - { name: a, region: east, zone: rack-a, compute: DC0_C0/DC0_C0_H0 }
    - { name: b, region: east, zone: rack-b, compute: DC0_H0 }
${yaml}`);
  assert.equal((await site.prepare(image, '--yes')).code, 0);
  assert.deepEqual((await category(zone)).associable_types, ['HostSystem']);
  assert.deepEqual(await attachedTo('/DC0/host/DC0_C0/DC0_C0_H0'), ['rack-a']);
  assert.deepEqual(await attachedTo('/DC0/host/DC0_H0/DC0_H0'), ['rack-b']);
});

test('what the failure domains name and vCenter has not is told with what it has', async () => {
  const { yaml } = categories();
  const image = await site.image(`
handover:
  failureDomains:
    - { name: a, region: east, zone: z1, compute: DC0_C7, network: VM Netwrok }
    - { name: b, region: west, zone: z2, datacenter: DC9 }
${yaml}`);
  const { code, rows } = await site.prepare(image);
  assert.equal(code, 0);
  assert.deepEqual(open(rows), [
    'failure domain a cluster DC0_C7: manual',
    'failure domain a network VM Netwrok: manual',
    'failure domain b datacenter DC9: manual',
    'failure domain a tags east and z1: manual',
    'failure domain b tags west and z2: manual',
  ]);
  assert.match(row(rows, 'failure domain a', 'network VM Netwrok').explain, /there is: VM Network/);
});
