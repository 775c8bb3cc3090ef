import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ingotHere } from '../cli/here.ts';
import { accepts } from '../image/json-schema-check.ts';
import { assertDone, assertFailed, type Built } from './built.ts';
import { type Changes, openSite } from './site.ts';
import { readVm } from './vm.ts';
import { startWebhookServer } from './webhook-server.ts';

const [site, hook] = await Promise.all([openSite(), startWebhookServer()]);
await site.govc('library.create', '-ds', 'LocalDS_0', 'images');
await site.govc('folder.create', '/DC0/vm/library', '/DC0/vm/copies');
await site.govc('tags.category.create', 'stage');
await site.govc('tags.create', '-c', 'stage', 'ready');

const SECRET = 'a secret of the webhook';
const env = { HOOK_SECRET: SECRET, HOOK_TOKEN: 'a token of the receiver' };
const publish = {
  contentLibraries: [
    { library: 'images', type: 'vm-template', folder: 'library', item: 'windows-vm', keep: 0 },
    { library: 'images', type: 'ovf' },
  ],
  attributes: { 'ingot build': '{build}', team: 'windows' },
  tags: [{ category: 'stage', name: 'ready' }],
  copies: [{ datacenter: 'DC0', compute: 'DC0_C0', datastore: 'LocalDS_0', folder: 'copies' }],
  latest: { file: './out/latest.json' },
  webhook: {
    ...{ url: hook.url, secret: 'env:HOOK_SECRET', caFile: hook.caFile, timeout: '1500ms' },
    headers: { 'X-Token': { secret: 'env:HOOK_TOKEN' }, 'X-Team': 'windows' },
  },
};
const rule = (port: number) => ({ firewall: { rules: [{ name: `Port${port}`, port, protocol: 'TCP' }] } });
const places = (built: Built) =>
  built.end.summary.filter(({ label }) => label === 'published').map(({ value }) => value);

interface Item {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description: string;
}

/** Items of a library as govc sees them, by name. */
async function items(library = 'images'): Promise<Map<string, Item>> {
  const found: Item[] = JSON.parse(await site.govc('library.info', '-json', `/${library}/*`)) ?? [];
  return new Map(found.map((item) => [item.name, item]));
}

/** The calls that change something, but for the lease, which is taken and given back. */
async function writes(): Promise<string[]> {
  const counts = Object.keys(await site.lab.counts());
  const reads = /^POST .*(tagging|session)|\/library(\/item)?$/;
  return counts.filter(
    (name) => /^(PATCH|PUT|DELETE|POST) \/rest|_Task$|SetField|CustomFieldDef/.test(name) && !reads.test(name),
  );
}
const ofLease = ['DELETE /rest/com/vmware/cis/session', 'DeleteDatastoreFile_Task', 'SearchDatastore_Task'];

test('a template goes to all places, and each of them says which one it has', async () => {
  const built = await site.build(await site.image('pub', { publish }), { env });
  assertDone(built);
  const build = built.end.build;
  const template = await readVm(site, '/DC0/vm/pub');
  const fingerprint = template.config.extraConfig.find(({ key }) => key === 'ingot.fingerprint')?.value;
  const mark = `ingot: image=pub build=${build} fingerprint=${fingerprint}`;

  const found = await items();
  assert.deepEqual([...found.keys()].sort(), ['pub', 'windows-vm']);
  for (const item of found.values()) assert.ok(item.description.split('\n').includes(mark), item.description);
  assert.deepEqual([found.get('windows-vm')?.type, found.get('pub')?.type], ['vm-template', 'ovf']);
  await site.govc('library.deploy', '-folder', '/DC0/vm', '-pool', 'DC0_C0/Resources', '/images/windows-vm', 'node-1');
  await site.govc('vm.destroy', 'node-1');

  assert.equal((await site.govc('tags.attached.ls', '-r', '/DC0/vm/pub')).trim(), 'ready');
  const fields = await site.govc('fields.info', '-n', 'ingot build', '/DC0/vm/pub');
  assert.match(fields, new RegExp(`ingot build +${build}`));
  assert.match(await site.govc('fields.info', '-n', 'team', '/DC0/vm/pub'), /team +windows/);

  const copy = await readVm(site, '/DC0/vm/copies/pub');
  const marks = new Map(copy.config.extraConfig.map(({ key, value }) => [key, value]));
  assert.equal(copy.config.template, true);
  assert.deepEqual(
    ['ingot.image', 'ingot.role', 'ingot.build', 'ingot.fingerprint'].map((key) => marks.get(key)),
    ['pub', 'template', build, fingerprint],
  );
  assert.deepEqual(
    [...marks.keys()].filter((key) => key.startsWith('ingot.step.')),
    [],
  );

  const here = await readFile(join(site.folder, 'out', 'latest.json'), 'utf8');
  await site.govc('datastore.download', 'ingot/templates/pub/latest.json', join(site.folder, 'there.json'));
  assert.equal(await readFile(join(site.folder, 'there.json'), 'utf8'), here);
  const latest = JSON.parse(here);
  const schema = JSON.parse(await readFile(join(import.meta.dirname, '../../docs/latest.schema.json'), 'utf8'));
  assert.deepEqual([accepts(schema, latest), accepts(schema, { ...latest, build: 1 })], [true, false]);
  assert.equal(latest.moRef, `VirtualMachine:${template.self.value}`);
  assert.equal(latest.inventoryPath, '/DC0/vm/pub');
  assert.equal(latest.complete, true);
  assert.deepEqual(
    latest.publishedTo.map(({ kind }: { kind: string }) => kind),
    ['content-library', 'content-library', 'attributes', 'tags', 'copy'],
  );
  const sha256 = execFileSync('sha256sum', [join(site.folder, 'pub.yaml')], { encoding: 'utf8' }).slice(0, 64);
  assert.equal(latest.provenance.imageFile.sha256, sha256);

  const [delivered, ...more] = hook.delivered;
  assert.ok(delivered !== undefined && more.length === 0);
  const digest = execFileSync('openssl', ['dgst', '-sha256', '-hmac', SECRET, '-hex'], { input: delivered.body });
  assert.equal(delivered.headers['x-ingot-signature-256'], `sha256=${/[0-9a-f]{64}/.exec(String(digest))?.[0]}`);
  const { 'x-token': token, 'x-team': team } = delivered.headers;
  assert.deepEqual([token, team], [env.HOOK_TOKEN, 'windows']);
  const told = JSON.parse(delivered.body);
  assert.deepEqual([told.event, told.fingerprint, told.complete], ['template.published', fingerprint, true]);
  assert.equal(told.delivery, delivered.headers['x-ingot-delivery']);

  assert.equal(places(built).length, 7);
  assert.doesNotMatch(built.stdout, /token-in-the-path|a secret of the webhook|a token of the receiver/);
});

test('a second build looks and changes nothing, nor tells anybody again', async () => {
  const before = await items();
  await site.lab.resetCounts();
  const again = await site.build(await site.image('pub', { publish }), { env });
  assertDone(again);
  assert.deepEqual((await writes()).sort(), [...ofLease].sort());
  assert.equal((await site.lab.counts())['PUT /folder'], 1, 'the lease only');
  assert.equal(hook.delivered.length, 1);
  assert.deepEqual(await items(), before);
  assert.ok(
    places(again).every((place) => place.endsWith(', as before')),
    places(again).join('\n'),
  );
});

test('a new template becomes a new version; as many earlier ones stay as each place keeps', async () => {
  const before = await items();
  const former = await readVm(site, '/DC0/vm/copies/pub');
  const built = await site.build(await site.image('pub', { ...rule(8080), publish }), { env });
  assertDone(built);
  const after = await items();
  const formerBuild = /build=(\S+)/.exec(before.get('pub')?.description ?? '')?.[1];
  assert.deepEqual([...after.keys()].sort(), ['pub', `pub-before-${formerBuild}`, 'windows-vm']);
  assert.equal(after.get('pub')?.id, before.get('pub')?.id, 'the OVF item stays the same one');
  assert.match(after.get('pub')?.description ?? '', new RegExp(`build=${built.end.build} `));
  assert.equal(after.get(`pub-before-${formerBuild}`)?.description, before.get('pub')?.description);
  assert.notEqual(after.get('windows-vm')?.id, before.get('windows-vm')?.id);
  const kept = await readVm(site, `/DC0/vm/copies/pub-before-${built.end.build}`);
  assert.equal(kept.self.value, former.self.value);
  assert.equal(hook.delivered.length, 2);
  assert.notEqual(hook.delivered[0]?.headers['x-ingot-delivery'], hook.delivered[1]?.headers['x-ingot-delivery']);
});

test('a build that broke off between the two names of an item is ended by the next one, without a new clone', async () => {
  const before = (await items()).get('windows-vm');
  await site.govc('library.update', '-n', 'windows-vm-next-20260101T000000Z-dead', '/images/windows-vm');
  await site.lab.resetCounts();
  assertDone(await site.build(await site.image('pub', { ...rule(8080), publish }), { env }));
  assert.deepEqual((await items()).get('windows-vm'), before);
  assert.equal((await site.lab.counts())['POST /rest/vcenter/vm-template/library-items'], undefined);
});

test('what cannot be published to is told before anything is built, all at once, with what to do', async () => {
  await site.govc('library.create', '-ds', 'LocalDS_0', '-pub', 'published');
  const [{ publish_info: info }] = JSON.parse(await site.govc('library.info', '-json', 'published'));
  await site.govc('library.create', '-ds', 'LocalDS_0', '-sub', info.publish_url, 'mirror');
  await mkdir(join(site.folder, 'library'));
  const foreign = join(site.folder, 'notes.txt');
  await writeFile(foreign, 'notes of somebody');
  await site.govc('library.import', '-n', 'notes', 'images', foreign);
  const image = await site.image('early', {
    publish: {
      contentLibraries: [
        { library: 'imagse', type: 'ovf' },
        { library: 'mirror', type: 'ovf' },
        { library: 'images', type: 'ovf', item: 'notes' },
      ],
      tags: [{ category: 'stage', name: 'raedy' }],
      webhook: { url: hook.url, secret: 'env:NO_SUCH_SECRET' },
      copies: [
        { datacenter: 'DC0', compute: 'DC0_C0', datastore: 'LocalDS_0' },
        { datacenter: 'DC0', compute: 'DC0_C0', datastore: 'LocalDS_9', folder: 'copies' },
      ],
      latest: { file: './library' },
    },
  });
  await site.govc('datastore.mkdir', '-p', 'ingot/templates/early');
  await site.govc('datastore.upload', foreign, 'ingot/templates/early/latest.json');
  const failure = assertFailed(await site.build(image), {
    step: 'preflight',
    code: 'vsphere.not-found',
    message: /^publish\.contentLibraries\[0\]: expected a content library "imagse" below vCenter, found none$/,
    remedy: /Correct the name/,
  });
  const told = (failure.evidence ?? []).join('\n');
  assert.match(told, /there is: images/);
  assert.match(told, /contentLibraries\[1\]: expected mirror to be a local content library, found a subscribed one/);
  assert.match(
    told,
    /contentLibraries\[2\]: expected the name notes to be free or ours .* found one that ingot did not make/,
  );
  assert.match(told, /publish\.tags: expected a tag "raedy".*/);
  assert.match(told, /there is: ready/);
  assert.match(told, /NO_SUCH_SECRET/);
  assert.match(told, /copies\[0\]: expected the copy early in another folder/);
  assert.match(told, /copies\[1\]: expected a datastore "LocalDS_9"/);
  assert.match(told, /expected to write .*library, found: a folder/);
  assert.match(told, /early\/latest\.json to be free or of the image early, found a file that ingot did not write/);
  assert.doesNotMatch(await site.govc('find', '/', '-type', 'm'), /early/);
  await site.govc('library.rm', '/images/notes');
});

test('a place that fails keeps none of the others, and the next build makes up for it', async () => {
  const told = hook.delivered.length;
  const places = { ...publish, contentLibraries: publish.contentLibraries.slice(1), latest: {} };
  const changes = { ...rule(8080), publish: places };
  await site.lab.faults.inject({ kind: 'soap', method: 'SetField', type: 'NoPermission' });
  hook.answers = [500, 500, 500, 500, 500, 500, 500, 500];
  const built = await site.build(await site.image('some', changes), { env });
  hook.answers = [];
  const failure = assertFailed(built, {
    step: 'publish',
    code: 'vsphere.fault',
    message: /^publish\.attributes \(custom attributes ingot build, team\): SetField/,
    remedy: /mend what they name, then run the command again/,
    evidence:
      /also: publish\.webhook .*HTTP 500 at the last of [2-9] tries[\s\S]*published: content library images: some \(OVF\)/,
    left: [/some-master/, /^template \/DC0\/vm\/some: whole; the next build publishes it$/],
  });
  assert.doesNotMatch(JSON.stringify(failure), /token-in-the-path/);
  assert.equal((await readVm(site, '/DC0/vm/some')).config.template, true);
  const partly = new Set(hook.delivered.slice(told).map(({ headers }) => headers['x-ingot-delivery']));
  assert.equal(partly.size, 1, 'each try is the same delivery');
  assert.equal(JSON.parse(hook.delivered.at(-1)?.body ?? '').complete, false);

  hook.answers = [503, 429, 200];
  const next = await site.build(await site.image('some', { ...rule(8080), publish: places }), { env });
  assertDone(next);
  assert.ok(next.cached.includes('template'), 'nothing is built again');
  assert.equal(hook.answers.length, 0);
  const { body, headers } = hook.delivered.at(-1) ?? {};
  assert.equal(JSON.parse(body ?? '').complete, true);
  assert.ok(!partly.has(headers?.['x-ingot-delivery']), 'what is whole now is told as such');
});

test('a build that is killed while it publishes is taken up by the next one', async () => {
  const image = await site.image('killed', {
    ...rule(8080),
    publish: { ...publish, contentLibraries: [], copies: [], latest: {} },
  });
  const told = hook.delivered.length;
  hook.answers = [0];
  const child = site.start(image, { env });
  await hook.next();
  child.kill('SIGKILL');
  await once(child, 'close');
  const next = await site.build(image, { env: { ...env, INGOT_VAR_folder: '' } });
  assertDone(next);
  assert.ok(next.cached.includes('template'));
  assert.deepEqual(
    places(next).map((place) => place.endsWith(', as before')),
    [true, true, true, false],
  );
  const [first, second, ...more] = hook.delivered.slice(told).map(({ headers }) => headers['x-ingot-delivery']);
  assert.deepEqual([first === second, more.length], [true, 0], 'the receiver can tell that it is the same');
});

test('a latest.json of another image stays as it is', async () => {
  const before = await readFile(join(site.folder, 'out', 'latest.json'), 'utf8');
  const latest = { folder: 'ingot/templates/pub', file: './out/latest.json' };
  const failure = assertFailed(await site.build(await site.image('other', { publish: { latest } })), {
    step: 'preflight',
    code: 'publish.not-ours',
    message: /pub\/latest\.json to be free or of the image other, found that of the image pub$/,
    remedy: /publish\.latest/,
  });
  assert.match((failure.evidence ?? []).join('\n'), /out\/latest\.json to be free or of the image other/);
  assert.equal(await readFile(join(site.folder, 'out', 'latest.json'), 'utf8'), before);
  await site.govc('datastore.download', 'ingot/templates/pub/latest.json', join(site.folder, 'still.json'));
  assert.equal(await readFile(join(site.folder, 'still.json'), 'utf8'), before);
});

test('a plan names the places', async () => {
  const { stdout } = await ingotHere(['plan', await site.image('pub', { ...rule(8080), publish })], {
    ...site.lab.env,
    ...env,
  });
  assert.match(stdout, /content library images: item windows-vm \(VM template\), 0 earlier kept/);
  assert.match(stdout, /copy to 127\.0\.0\.1:\d+ DC0, folder copies, pub \(by clone\)/);
  assert.match(stdout, /webhook to https:\/\/127\.0\.0\.1:\d+\n/);
});

test('a redirect is not followed, and a certificate that nobody vouches for not trusted', async () => {
  const at = async (name: string, webhook: Changes) =>
    site.build(await site.image(name, { publish: { webhook } }), { env });
  hook.answers = [307];
  const moved = await at('some', { ...publish.webhook, timeout: '1s' });
  assertFailed(moved, {
    step: 'publish',
    code: 'publish.webhook-refused',
    message: /found HTTP 307$/,
    remedy: /redirects are not followed/,
    left: [/some-master/, /^template/],
  });
  const { caFile: _, ...untrusted } = publish.webhook;
  assertFailed(await at('some', untrusted), {
    step: 'publish',
    code: 'publish.webhook-certificate',
    message: /is not trusted/,
    remedy: /publish\.webhook\.caFile/,
    left: [/some-master/, /^template/],
    exit: 3,
  });
});
