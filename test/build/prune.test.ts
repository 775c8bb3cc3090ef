import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';
import { root } from '../cli/ingot.ts';
import { assertDone } from './built.ts';
import { everything, makeOlder, pathOf, place, prune, readPlaced, showPrune } from './pruned.ts';
import { openSite, tool } from './site.ts';
import { readVm } from './vm.ts';

const soapCheck = join(root, '../shared/tools/soap-check.py');
const trace = join(mkdtempSync(join(tmpdir(), 'ingot-test-trace-')), 'trace');
after(() => rmSync(dirname(trace), { recursive: true }));

const site = await openSite({ vcsimArgs: ['-trace', '-trace-file', trace] });
const { govc } = site;
const file = await site.image('core');
const other = await site.image('other');
const disc = '00112233445566778899aabbccddeeff.iso';
const built = await site.build(file);
const iso = ([...(await everything(site))].find((path) => path.endsWith('.iso')) ?? '').replace('ingot/media/', '');

let clones = 0;

/** Makes a template or VM with marks as those of a build; its files have a name that nothing else has. */
async function cloneOf(source: string, name: string, marks: Readonly<Record<string, string>>, template: boolean) {
  clones += 1;
  const made = `clone-${clones}`;
  await govc('vm.clone', '-vm', source, '-on=false', made);
  const entries = Object.entries(marks).flatMap(([key, value]) => ['-e', `ingot.${key}=${value}`]);
  if (entries.length > 0) await govc('vm.change', '-vm', made, ...entries);
  await govc('object.rename', `/DC0/vm/${made}`, name);
  if (template) await govc('vm.markastemplate', name);
}

test('after a build that ended nothing can be removed, in few requests, none of which changes a thing', async () => {
  assertDone(built);
  const before = await everything(site);
  await site.lab.resetCounts();
  const shown = await prune(site, file, '--yes', '--media');
  const counts = await site.lab.counts();
  assert.deepEqual([shown.code, shown.of('keep'), shown.of('removed')], [0, [iso], []]);
  assert.equal(shown.why(iso), 'younger than 30 d');
  assert.deepEqual(await everything(site), before);
  const writing = Object.keys(counts).filter((name) => /_Task$|^PUT|^Make/.test(name));
  assert.deepEqual(writing, ['SearchDatastore_Task']);
  const soap = Object.entries(counts).reduce((sum, [name, count]) => sum + (name.includes(' ') ? 0 : count), 0);
  assert.ok(soap <= 25, `${soap} requests: ${JSON.stringify(counts)}`);
});

test('the clone of an export that broke off goes; one of that name that is not ours stays', async () => {
  await cloneOf('core', 'core-export', { image: 'core', role: 'export' }, false);
  await cloneOf('core', 'other-export', { image: '', role: '', build: '' }, false);
  const young = await prune(site, file, '--yes');
  assert.deepEqual([young.of('keep').includes('core-export'), young.of('removed')], [true, []]);
  const removed = await prune(site, file, '--yes', '--older-than', '0s');
  assert.deepEqual(removed.of('removed'), ['core-export']);
  assert.ok(!(await prune(site, other, '--older-than', '0s')).stdout.includes('other-export'));
  assert.match(await govc('find', '/DC0/vm', '-name', '*-export'), /^\/DC0\/vm\/other-export\n$/);
  await govc('vm.destroy', 'other-export');
});

test('partial uploads: 48 hours decide, and a name that ingot does not give is nobody’s to remove', async () => {
  const [young, old] = ['upload-0123456789abcdef.partial', 'upload-fedcba9876543210.partial'];
  const orphan = 'sha256-0123456789ab-gone.iso.sha256';
  await place(site, `ingot/media/${young}`, 1.9);
  await place(site, `ingot/media/${old}`, 2.1);
  await place(site, `ingot/media/${orphan}`, 2.1);
  await place(site, 'ingot/media/upload.partial', 100);
  const removed = await prune(site, file, '--yes', '--older-than', '0s');
  assert.deepEqual(removed.of('removed').sort(), [orphan, old].sort());
  assert.equal(removed.why(young), 'younger than 48 h: a build may be uploading it');
  assert.equal(removed.why(old), 'a build broke off before it was whole');
  const left = await everything(site);
  assert.ok(left.has(`ingot/media/${young}`) && left.has('ingot/media/upload.partial'));
  assert.ok(!left.has(`ingot/media/${old}`) && !left.has(`ingot/media/${orphan}`));
});

test('media: shared, so only with --media; not while any VM has it in a drive; with all that speaks of it', async () => {
  await makeOlder(site, `ingot/media/${iso}`, 31);
  const shown = await prune(site, file, '--yes');
  assert.deepEqual(shown.of('removed'), []);
  assert.match(shown.why(iso), /^no VM has it in a drive; .*; removed with --media only$/);
  assert.ok(shown.entries.some(({ name, needsMedia }) => name === iso && needsMedia));

  // In a folder and by somebody that ingot knows nothing of; off, and the drive not connected.
  await govc('folder.create', '/DC0/vm/deep');
  await govc('vm.create', '-on=false', '-net', 'VM Network', '-folder', '/DC0/vm/deep', 'reader');
  await govc('device.cdrom.add', '-vm', 'reader');
  await govc('device.cdrom.insert', '-vm', 'reader', `ingot/media/${iso}`);
  const used = await prune(site, file, '--yes', '--media');
  assert.deepEqual(used.of('removed'), []);
  assert.equal(used.why(iso), 'in a CD drive of reader');

  await govc('vm.destroy', 'reader');
  const before = await everything(site);
  const foreignRecord = 'ingot/media/digest-my-notes.json';
  await place(site, foreignRecord, 100, JSON.stringify({ name: 'nothing' }));
  const removed = await prune(site, file, '--yes', '--media');
  assert.deepEqual(removed.of('removed'), [iso]);
  const remaining = await everything(site);
  const gone = [...before].filter((path) => !remaining.has(path));
  assert.deepEqual(gone.sort(), [`ingot/media/${iso}`, `ingot/media/${iso}.sha256`].sort());
  assert.ok(remaining.has(foreignRecord));
});

test('records of media elsewhere go when the file is gone or another; those that hold, and those of unknown places, stay', async () => {
  await place(site, 'iso/there.iso', 0, 'there');
  const modified =
    (await govc('datastore.ls', '-json', 'iso/there.iso')).match(/"modification":\s*"([^"]+)"/)?.[1] ?? '';
  const record = (path: string, size: number) =>
    JSON.stringify({ of: { path, size, modified }, sha256: 'a'.repeat(64) });
  const texts = {
    'digest-000000000001.json': record('[LocalDS_0] iso/there.iso', 5),
    'digest-000000000002.json': record('[LocalDS_0] iso/there.iso', 6),
    'digest-000000000003.json': record('[LocalDS_0] nowhere/gone.iso', 5),
    'digest-000000000004.json': record('[elsewhere] iso/there.iso', 5),
    'digest-000000000005.json': '{"of":',
    'digest-000000000007.json': JSON.stringify({ of: { sha256: 'b'.repeat(64), patches: [] }, sha256: 'c'.repeat(64) }),
  };
  for (const [name, text] of Object.entries(texts)) await place(site, `ingot/media/${name}`, 31, text);
  await place(site, 'ingot/media/digest-000000000006.json', 29, record('[LocalDS_0] nowhere/gone.iso', 5));
  const removed = await prune(site, file, '--yes', '--media');
  assert.deepEqual(
    removed.of('removed'),
    [2, 3, 5, 7].map((n) => `digest-00000000000${n}.json`),
  );
  const left = [...(await everything(site))].filter((path) => path.startsWith('ingot/media/digest-0'));
  assert.deepEqual(
    left.sort(),
    [1, 4, 6].map((n) => `ingot/media/digest-00000000000${n}.json`),
  );
});

test('old templates: what publish would delete, the oldest first; not without marks, and not while none has the name', async () => {
  const marks = { image: 'core', role: 'template' };
  const former = [1, 2, 3].map((month) => `core-before-20260${month}01T000000Z-0000`);
  for (const name of former) await cloneOf('core', name, marks, true);
  await cloneOf('core', 'core-before-stranger', { image: '', role: '' }, true);
  await cloneOf('core', 'core-before-other', { image: 'other', role: 'template' }, true);
  await cloneOf('core', 'core-before-used', marks, false); // somebody made a VM of it

  await govc('object.rename', '/DC0/vm/core', 'moved');
  const renamed = await prune(site, file, '--yes');
  assert.deepEqual(renamed.of('removed'), []);
  assert.equal(renamed.why(former[0] ?? ''), 'no template has the name core now: a build may be publishing one');
  await govc('object.rename', '/DC0/vm/moved', 'core');

  const removed = await prune(site, file, '--yes');
  assert.deepEqual(removed.of('removed'), former.slice(0, 2));
  assert.equal(removed.why(former[2] ?? ''), 'kept by template.keep: 1');
  const left = await everything(site);
  for (const name of [
    'core',
    'core-master',
    former[2],
    'core-before-stranger',
    'core-before-other',
    'core-before-used',
  ])
    assert.ok(left.has(`VM /DC0/vm/${name}`), name);
});

test('a candidate: only one that is ours, off, no template, and so old that no build can be at it', async () => {
  const candidate = 'core-candidate';
  await cloneOf('core-master', candidate, { image: '', role: '' }, false);
  assert.deepEqual((await prune(site, file, '--older-than', '0s')).of('remove'), [], 'it has no marks');
  await govc('vm.change', '-vm', candidate, '-e', 'ingot.image=other', '-e', 'ingot.role=candidate');
  assert.deepEqual((await prune(site, file, '--older-than', '0s')).of('remove'), [], 'it is of another image');

  await govc('vm.change', '-vm', candidate, '-e', 'ingot.image=core');
  const young = await prune(site, file, '--yes');
  assert.equal(young.why(candidate), 'younger than 24 h: a build may work on it');
  await govc('vm.power', '-on', candidate);
  const on = await prune(site, file, '--yes', '--older-than', '0s');
  assert.equal(on.why(candidate), 'poweredOn: a build may work on it');
  await govc('vm.power', '-off', '-force', candidate);
  await govc('vm.change', '-vm', candidate, '-e', 'ingot.role=template');
  const sealed = await prune(site, file, '--yes', '--older-than', '0s');
  assert.match(sealed.why(candidate), /^sealed already/);
  assert.equal((await readVm(site, candidate)).config.template, false);

  await govc('vm.change', '-vm', candidate, '-e', 'ingot.role=candidate');
  const removed = await prune(site, file, '--yes', '--older-than', '0s');
  assert.deepEqual(removed.of('removed'), [candidate]);
  assert.ok(!(await everything(site)).has(`VM /DC0/vm/${candidate}`));
});

test('a VM that is put to work between the list and its end stays', async () => {
  const candidate = 'core-candidate';
  await cloneOf('core-master', candidate, { image: 'core', role: 'candidate' }, false);
  await place(site, `ingot/discs-core/${disc}`);
  await site.lab.resetCounts();
  await site.lab.faults.inject({ kind: 'delay', method: 'DeleteDatastoreFile_Task', milliseconds: 2500 });
  const pruning = prune(site, file, '--yes', '--older-than', '0s');
  const deadline = Date.now() + 30_000;
  while ((await site.lab.counts()).DeleteDatastoreFile_Task !== 1) assert.ok(Date.now() < deadline);
  await govc('vm.power', '-on', candidate);
  const { code, entries, of } = await pruning;
  assert.deepEqual([code, of('removed'), of('failed')], [1, [disc], [candidate]]);
  assert.equal(entries.find(({ name }) => name === candidate)?.failure?.code, 'prune.changed');
  assert.equal((await readVm(site, candidate)).runtime.powerState, 'poweredOn');
  await govc('vm.destroy', candidate);
});

test('what cannot be removed is told, the others go, and the next run ends it', async () => {
  const discs = ['ingot/discs-core', 'ingot/discs-other'].map((folder) => `${folder}/${disc}`);
  for (const path of discs) await place(site, path);
  await site.lab.faults.inject({ kind: 'task', method: 'DeleteDatastoreFile_Task', type: 'FileLocked' });
  const first = await prune(site, file, other, '--yes');
  assert.equal(first.code, 1);
  const [failed, ...more] = first.entries.filter(({ action }) => action === 'failed');
  assert.deepEqual(more, []);
  assert.ok(failed?.failure?.message.includes('FileLocked'), first.stdout);
  const [removed, ...others] = first.entries.filter(({ action }) => action === 'removed');
  assert.deepEqual(others, []);
  const left = await everything(site);
  assert.deepEqual(
    discs.map((path) => left.has(path)),
    discs.map((path) => path !== (removed && pathOf(removed))),
  );
  const second = await prune(site, file, other, '--yes');
  assert.deepEqual([second.code, second.of('removed')], [0, [disc]]);
});

test('several images: one login, shared media told once, each disc of the image whose it is', async () => {
  for (const folder of ['discs-core', 'discs-other', 'discs-third']) await place(site, `ingot/${folder}/${disc}`);
  await site.lab.resetCounts();
  const shown = await prune(site, file, other, file);
  assert.equal((await site.lab.counts()).Login, 1);
  const discs = shown.entries.filter(({ kind }) => kind === 'answer-disc');
  assert.deepEqual(
    discs.map(({ image, folder, action }) => [image, folder, action]),
    ['core', 'other'].map((name) => [name, `[LocalDS_0] ingot/discs-${name}`, 'remove']),
  );
  const paths = shown.entries.map(pathOf);
  assert.equal(new Set(paths).size, paths.length);
});

test('for a person: 80 columns, discs first, what is kept and why, and how to go on', async () => {
  const { code, stdout, stderr } = await showPrune(site, file);
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.split('\n');
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
  assert.match(
    stdout,
    /^127\.0\.0\.1:\d+\n\nAnswer discs: \[LocalDS_0\] ingot\/discs-core\n {2}remove {3}0{2}1{2}\w+\.iso +1 B +\d+ s\n {11}no VM has it, and it holds a password\n/,
  );
  assert.match(stdout, /\n {2}keep {5}core-before-\S+ +\d+ B +\d+ s\n {11}kept by template\.keep: 1\n/);
  assert.match(stdout, /\n\n1 can be removed \(1 B\): add --yes\.\n$/);
  const removed = await showPrune(site, file, '--yes');
  assert.match(removed.stdout, /\n {2}removed {2}0{2}1{2}/);
  assert.match(removed.stdout, /\n\n1 removed \(1 B\)\.\n$/);
  assert.match((await showPrune(site, file, '--yes')).stdout, /\n\nNothing to remove\.\n$/);
  await govc('datastore.rm', '-f', 'ingot');
  const none = await showPrune(site, other);
  assert.deepEqual([none.code, none.stdout], [0, 'Nothing is left behind.\n']);
});

test('problems of all files come first, and vCenter is not asked', async () => {
  await place(site, `ingot/discs-core/${disc}`);
  const bad = join(site.folder, 'bad.yaml');
  await writeFile(bad, 'apiVersion: ingot/v1\nname: Bad\n');
  await site.lab.resetCounts();
  const { code, stdout, stderr } = await showPrune(site, file, bad, join(site.folder, 'none.yaml'), '--yes');
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /bad\.yaml:2:7 name: /);
  assert.match(stderr, /none\.yaml/);
  assert.deepEqual(await site.lab.counts(), {});
  assert.equal(await readPlaced(site, `ingot/discs-core/${disc}`), 'x');
  const wrong = await showPrune(site, file, '--older-than', 'monday');
  assert.deepEqual([wrong.code, wrong.stdout], [2, '']);
});

test('a place that is not there and a vCenter that does not answer are told; the others are looked at', async () => {
  const lost = await site.image('lost', { placement: { datastore: 'nowhere' } });
  const unreachable = await site.image('unreachable', { vcenter: { server: '127.0.0.1:1' } });
  const shown = await prune(site, lost, file);
  assert.equal(shown.code, 1);
  assert.match(shown.stderr, /expected a datastore "nowhere" below \/DC0\/datastore, found none/);
  assert.deepEqual(shown.of('remove'), [disc]);
  const alone = await prune(site, unreachable);
  assert.deepEqual([alone.code, alone.entries], [3, []]);
});

// vCenter refuses what vcsim takes: properties in another order, or unknown to the oldest version.
if (existsSync(soapCheck)) {
  test('soap-check finds no problem in the trace', async () => {
    const found = await tool(soapCheck, '--api', '6.7', trace);
    assert.match(found, /^\d{2,} requests, \d+ methods, 0 problems$/m);
  });
}
