import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { BuildEvent } from '../../pipeline/events.ts';
import { assertDone } from './built.ts';
import { everything, killAt, type Pruned, pathOf, place, prune } from './pruned.ts';
import { openSite } from './site.ts';
import { foreignVm } from './vm.ts';

const site = await openSite();
const rules = ['--media', '--older-than', '0s'];
const otherDisc = 'ingot/discs-other/00112233445566778899aabbccddeeff.iso';
const foreignFiles = ['ingot/media/mine.iso', 'ingot/media/mine.partial', 'ingot/notes.txt', otherDisc];
const foreign = await foreignVm(site, 'foreign');

const starts = (step: string) => (event: BuildEvent) => event.type === 'step-started' && event.step === step;
const says = (message: RegExp) => (event: BuildEvent) => event.type === 'step-progress' && message.test(event.message);

/** Keeps a build from making its VM: the call never arrives, and what asks whether it did gets no answer. */
async function holdBack(): Promise<void> {
  await site.lab.faults.inject({ kind: 'reset', method: 'CreateVM_Task', when: 'before' });
  await site.lab.faults.inject({ kind: 'delay', method: 'CurrentTime', milliseconds: 120_000 });
}

/** What is listed to go, and what goes with an ISO: its digest. */
function expectedOf({ entries }: Pruned, before: ReadonlySet<string>): string[] {
  const listed = entries.filter(({ action }) => action === 'remove').map(pathOf);
  const beside = [...before].filter((path) => listed.includes(path.replace(/\.sha256$/, '')));
  return [...new Set([...listed, ...beside])].sort();
}

suite('what a killed build left is removed, nothing else, and the next build does what it would have done', () => {
  for (const { name, at, kinds, cached } of [
    { name: 'create', at: says(/^Creating/), kinds: ['answer-disc', 'media'], cached: [] },
    { name: 'setup', at: starts('install-windows'), kinds: [], cached: ['create-vm'] },
    { name: 'docker', at: starts('docker'), kinds: ['media'], cached: ['install-windows'] },
    { name: 'clone', at: starts('sysprep'), kinds: ['media', 'candidate'], cached: ['master'] },
    { name: 'smoke', at: says(/^Asking the clone/), kinds: ['media', 'smoke-clone'], cached: ['master'] },
    { name: 'publish', at: says(/^Marking as a template/), kinds: ['media'], cached: ['master'] },
  ]) {
    test(`killed at ${name}`, async () => {
      const file = await site.image(name);
      const stranger = await foreign();
      if (name === 'create') await holdBack();
      await killAt(site, file, at);
      await site.lab.faults.clear();
      // Sysprep may have begun: what is on stays, which prune.test.ts has.
      if (name === 'clone') await site.govc('vm.power', '-off', '-force', 'clone-candidate').catch(() => '');
      for (const path of [...foreignFiles, `ingot/discs-${name}/mine.iso`]) await place(site, path, 100);
      const before = await everything(site);
      const shown = await prune(site, file, ...rules);
      assert.equal(shown.code, 0, shown.stderr);
      assert.deepEqual(await everything(site), before, 'without --yes nothing changes');
      for (const kind of kinds)
        assert.ok(
          shown.entries.some((entry) => entry.kind === kind && entry.action === 'remove'),
          `${kind}: ${shown.stdout}`,
        );
      const expected = expectedOf(shown, before);

      const removed = await prune(site, file, ...rules, '--yes');
      assert.equal(removed.code, 0, removed.stderr);
      assert.deepEqual(removed.of('removed'), shown.of('remove'));
      const after = await everything(site);
      assert.deepEqual([...before].filter((path) => !after.has(path)).sort(), expected);
      assert.deepEqual(
        [...after].filter((path) => !before.has(path)),
        [],
      );
      for (const path of [...foreignFiles, `ingot/discs-${name}/mine.iso`]) assert.ok(after.has(path), path);
      assert.deepEqual(await foreign(), stranger);

      const again = await prune(site, file, ...rules, '--yes');
      assert.equal(again.code, 0);
      assert.deepEqual([again.of('removed'), again.of('failed')], [[], []]);
      assert.deepEqual(await everything(site), after);

      const built = await site.build(file);
      assertDone(built);
      for (const step of cached) assert.ok(built.cached.includes(step), `${step} was run again`);
    });
  }
});

test('while Windows is installed its disc and its ISO stay, and are said to be in use', async () => {
  const file = await site.image('install');
  await killAt(site, file, starts('install-windows'));
  await site.govc('vm.power', '-on', 'install-master').catch(() => ''); // it may be on
  const shown = await prune(site, file, ...rules, '--yes');
  assert.deepEqual(shown.of('removed'), []);
  const [disc] = shown.entries;
  assert.equal(disc?.kind, 'answer-disc', shown.stdout);
  assert.equal(disc.why, 'install-master installs Windows from it');
  const media = shown.entries.filter(({ kind }) => kind === 'media');
  assert.deepEqual(
    media.map(({ action, why }) => [action, why]),
    [['keep', 'in a CD drive of install-master']],
  );
});
