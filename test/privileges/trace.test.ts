import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { loadImage } from '../../image/index.ts';
import { graphOf } from '../../steps/index.ts';
import type { Facts } from '../../steps/privileges/call.ts';
import { callsOf } from '../../steps/privileges/compute.ts';
import type { ObjectKind } from '../../steps/privileges/objects.ts';
import { assertDone } from '../build/built.ts';
import { showPrune } from '../build/pruned.ts';
import { type Changes, openSite } from '../build/site.ts';
import { root } from '../cli/ingot.ts';
import { readTrace } from './requests.ts';

const trace = join(mkdtempSync(join(tmpdir(), 'ingot-test-privileges-')), 'trace');
after(() => rmSync(dirname(trace), { recursive: true }));
const site = await openSite({ env: { INGOT_LAB_TRACE: trace } });
const { lab, govc } = site;
for (const folder of ['masters', 'templates']) await govc('folder.create', `/DC0/vm/${folder}`);
const apart = { placement: { folder: 'masters' }, template: { folder: 'templates' } };
const large = join(site.folder, 'large.bin');
await writeFile(large, Buffer.alloc(1000));

/** `ReconfigVM_Task (extraConfig) on template-folder`; the object where a VM tells which it is. */
type Asked = string;
const text = (method: string, part: string | undefined, on: string): Asked =>
  `${method}${part === undefined ? '' : ` (${part})`}${on === '' ? '' : ` on ${on}`}`;

/** Requests that ask for no privilege of vCenter's: the ticket in their address, or the lease, does. */
const free = new Set(['GET /nfc', 'PUT /guestFile', 'GET /guestFile', 'GET /sdk/vimServiceVersions.xml']);
const vmKinds: readonly ObjectKind[] = ['folder', 'template-folder', 'source'];
const onVm = new Set<string>();

interface Recorded {
  readonly facts: Facts;
  readonly asked: ReadonlySet<Asked>;
}

/** Of `VirtualMachine:vm-61 /DC0/vm/masters/plain-master` the id. */
async function vmAt(path: string): Promise<string> {
  return /:(\S+)/.exec(await govc('ls', '-i', path))?.[1] ?? '';
}

/** Builds an image, and says what it asked of vCenter. */
async function record(name: string, changes: Changes, bootPrompt: string, from?: string): Promise<Recorded> {
  const before = (await readFile(trace, 'utf8').catch(() => '')).length;
  await lab.resetCounts();
  const file = await site.image(name, changes);
  assertDone(await site.build(file));
  const [master, source] = [await vmAt(`/DC0/vm/masters/${name}-master`), from && (await vmAt(from))];
  const kinds = new Map([
    [master, 'folder'],
    [source, 'source'],
  ]);
  const asked = new Set<Asked>();
  for (const { method, type, value, parts } of readTrace((await readFile(trace, 'utf8')).slice(before))) {
    const on = type === 'VirtualMachine' ? (kinds.get(value) ?? 'template-folder') : '';
    if (on !== '') onVm.add(method);
    for (const part of parts.length === 0 ? [undefined] : parts)
      asked.add(text(method, on === 'source' && part === 'VM to VM' ? 'template to VM' : part, on));
  }
  for (const request of Object.keys(await lab.counts()))
    if (request.includes(' ') && !free.has(request)) asked.add(text(request, 'datastore', ''));
  const { image } = await loadImage(file, { env: lab.env, optionalVars: variables() });
  assert.ok(image);
  return { facts: { image, bootPrompt, topLevelDirectories: true }, asked };
}

function variables(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(lab.env).flatMap(([key, value]) =>
      key.startsWith('INGOT_VAR_') ? [[key.slice('INGOT_VAR_'.length), value]] : [],
    ),
  );
}

/** What is declared for a build, in the same words; `always` only what a build that runs through always does. */
function declared({ facts }: Recorded, always: boolean): ReadonlySet<Asked> {
  const calls = callsOf(graphOf(facts.image), facts.image, ['build', 'publish'])
    .map(({ call }) => call)
    .filter((call) => [true, always ? true : undefined].includes(call.when === undefined || call.when.holds(facts)))
    .filter((call) => !always || call.rarely === undefined);
  return new Set(
    calls.flatMap(({ method, on, parts = [] }) =>
      (parts.length === 0 || method === 'RetrievePropertiesEx' ? [undefined] : parts).map((part) =>
        text(method, part, vmKinds.includes(on) && onVm.has(method) ? on : ''),
      ),
    ),
  );
}

const prompted = join(root, 'lab/media/windows-server-2022-prompt.iso');
const recorded = [
  await record('plain', apart, 'patched'),
  await record('again', apart, 'patched'),
  await record('again', { ...apart, firewall: { rules: [{ name: 'Port', port: 8080, protocol: 'TCP' }] } }, 'patched'),
  await record(
    'tools',
    {
      ...apart,
      communicator: 'vmtools',
      media: { iso: prompted },
      windows: { version: '2022' },
      steps: [{ name: 'large', upload: { from: large, to: 'C:\\large.bin' } }],
    },
    'typed',
  ),
  await record(
    'cloned',
    {
      ...apart,
      media: undefined,
      hardware: { disk: undefined },
      source: { template: '/DC0/vm/templates/plain' },
      publish: { ovf: { directory: site.folder }, attributes: { origin: 'ingot' }, latest: {} },
    },
    'never',
    '/DC0/vm/templates/plain',
  ),
];

test('every request of a build is declared for one of its steps, with what it asks for', () => {
  for (const build of recorded) {
    const known = declared(build, false);
    assert.deepEqual(
      [...build.asked].filter((asked) => !known.has(asked)),
      [],
    );
  }
});

test('nothing is declared that no build asks for, unless it says when it is', () => {
  const seen = new Set(recorded.flatMap(({ asked }) => [...asked]));
  const idle = recorded.flatMap((build) => [...declared(build, true)].filter((asked) => !seen.has(asked)));
  assert.deepEqual([...new Set(idle)], []);
});

test('so is every request of prune', async () => {
  await govc('vm.clone', '-vm', '/DC0/vm/templates/plain', '-folder', 'templates', '-on=false', 'left');
  await govc('object.rename', '/DC0/vm/templates/left', 'plain-candidate');
  await govc('vm.change', '-vm', '/DC0/vm/templates/plain-candidate', '-e', 'ingot.role=candidate');
  await lab.resetCounts();
  const shown = await showPrune(site, join(site.folder, 'plain.yaml'), '--yes', '--older-than', '0s');
  assert.equal(shown.code, 0, shown.stderr);
  const { facts } = recorded[0] ?? assert.fail();
  const known = new Set(callsOf([], facts.image, ['prune']).map(({ call }) => call.method as string));
  const counts = await lab.counts();
  assert.deepEqual(
    Object.keys(counts).filter((method) => !known.has(method) && !free.has(method)),
    [],
  );
  assert.equal(counts.Destroy_Task, 1);
});
