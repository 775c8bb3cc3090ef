import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import type { BuildEvent } from '../../pipeline/events.ts';
import { ended } from '../cli/ingot.ts';
import { assertDone, builtFrom } from './built.ts';
import { answerDiscs, openSite, vmNames } from './site.ts';
import { readVm } from './vm.ts';

const site = await openSite();
const foundation = ['answer-disc', 'upload-media', 'create-vm'];

/** Runs a build and sends it a signal as soon as it tells something. */
async function signalAt(file: string, signal: NodeJS.Signals, at: (event: BuildEvent) => boolean) {
  const child = site.start(file);
  const end = ended(child);
  let sent = false;
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    if (sent || !at(event)) continue;
    sent = true;
    child.kill(signal);
  }
  const result = await end;
  assert.ok(sent, `the build was over before: ${result.stdout}`);
  return result;
}

const starts = (step: string) => (event: BuildEvent) => event.type === 'step-started' && event.step === step;
const says = (message: RegExp) => (event: BuildEvent) => event.type === 'step-progress' && message.test(event.message);

suite('a build that was killed is gone on with from a folder that knows nothing of it', () => {
  const inside = ['docker', 'firewall'];
  for (const { name, signal, at, cached, ran } of [
    { name: 'off', at: says(/^Shutting Windows down$/), cached: ['install-windows'], ran: ['master', 'clone'] },
    { name: 'off-term', signal: 'SIGTERM', at: says(/^Shutting Windows down$/), cached: inside, ran: ['master'] },
    // Whether the records of what is inside are written already at this moment is up to chance: half a minute may be lost.
    { name: 'kept', at: says(/^Taking the snapshot$/), cached: ['install-windows'], ran: ['clone'] },
    { name: 'seal', at: starts('seal'), cached: ['master'], ran: ['seal', 'smoke-test'] },
    {
      name: 'term',
      signal: 'SIGTERM',
      at: says(/^Asking the clone/),
      cached: ['master'],
      ran: ['clone', 'smoke-test'],
    },
    { name: 'renamed', at: starts('template'), cached: ['master'], ran: ['template'] },
  ] as const) {
    test(`at ${name}`, async () => {
      await site.lab.faults.scenario({});
      const file = await site.image(name);
      const before = (await site.build(file)).code;
      assert.equal(before, 0);
      const former = await readVm(site, name);
      const again = await site.image(name, { firewall: { rules: [{ name: 'Logs', port: 10251, protocol: 'TCP' }] } });
      await signalAt(again, signal ?? 'SIGKILL', at);
      assert.deepEqual(await readVm(site, name), former, 'the template of before is untouched');
      await rm(join(site.folder, '.ingot'), { recursive: true });
      const built = await site.build(again);
      assertDone(built);
      for (const step of cached) assert.ok(built.cached.includes(step), `${step} was run again`);
      for (const step of ran) assert.ok(built.ran.includes(step), `${step} was not run`);
      if (built.ran.includes('master')) {
        const told = built.of('step-progress').filter(({ step }) => step === 'master');
        assert.ok(told.some(({ message }) => message === 'Checking what Sysprep will need'));
      }
      const made = await readVm(site, name);
      assert.notEqual(made.self.value, former.self.value);
      const left = made.config.extraConfig
        .map(({ key }) => key)
        .filter((key) => /ingot\.(sysprep|exec|smoke)/.test(key));
      assert.deepEqual(left, []);
      const all = (await vmNames(site)).filter((vm) => vm === name || vm.startsWith(`${name}-`));
      assert.deepEqual(all.slice(0, 3), [name, `${name}-before-${built.end.build}`, `${name}-master`]);
      assert.equal(all.length, 3);
      assert.equal((await site.govc('snapshot.tree', '-vm', name)).trim(), '');
    });
  }
});

suite('a build that was killed is gone on with by the same command', () => {
  for (const { name, at, cached, ran } of [
    { name: 'upload', at: starts('upload-media'), cached: [], ran: ['create-vm'] },
    { name: 'create', at: says(/^Creating/), cached: [], ran: ['install-windows'] },
    { name: 'setup', at: starts('install-windows'), cached: foundation, ran: ['install-windows'] },
    { name: 'detach', at: says(/^Shutting Windows down to detach/), cached: foundation, ran: ['docker'] },
    { name: 'layer', at: says(/^Keeping the layer/), cached: [...foundation, 'install-windows'], ran: ['docker'] },
    { name: 'docker', at: says(/^Restarting Windows/), cached: [...foundation, 'install-windows'], ran: ['docker'] },
    { name: 'clone', at: says(/^Cloning/), cached: ['docker', 'master'], ran: ['clone', 'sysprep'] },
    { name: 'sysprep', at: says(/^Starting Sysprep/), cached: ['docker', 'master'], ran: ['clone', 'sysprep'] },
    { name: 'publish', at: says(/^Marking as a template/), cached: ['docker', 'master'], ran: [] },
  ]) {
    test(`killed at ${name}`, async () => {
      const file = await site.image(name);
      const { code } = await signalAt(file, 'SIGKILL', at);
      assert.equal(code, null);
      const built = await site.build(file);
      assertDone(built);
      const told = built.of('step-log').map(({ message }) => message);
      for (const step of cached) assert.ok(built.cached.includes(step), `${step} was run again: ${told}`);
      for (const step of ran) assert.ok(built.ran.includes(step), `${step} was not run`);
      assert.equal((await readVm(site, name)).config.template, true);
      const made = (await vmNames(site)).filter((vm) => vm.startsWith(`${name}`));
      assert.deepEqual(made, [name, `${name}-master`], 'nothing else is left');
      assert.deepEqual(await answerDiscs(site), [], 'an answer disc holds a password');
    });
  }
});

test('interrupted once: what cannot be cut short is finished, and what is left is said', async () => {
  const file = await site.image('interrupted');
  const result = await signalAt(file, 'SIGINT', starts('docker'));
  const built = builtFrom(result);
  assert.equal(built.code, 130);
  assert.equal(built.end.status, 'interrupted');
  assert.equal(built.end.failure, undefined);
  assert.deepEqual(
    built.of('step-cancelled').map(({ step }) => step),
    ['docker'],
  );
  assert.deepEqual(built.end.left, ['VM /DC0/vm/interrupted-master (poweredOn): the next build goes on with it']);
  assert.match(built.stderr, /^Stopping; Ctrl-C again to stop at once\.$/m);

  const again = await site.build(file);
  assertDone(again);
  assert.ok(again.cached.includes('tools-conf'), 'what was finished is recorded');
});

test('interrupted twice: over at once, without a word', async () => {
  await site.lab.faults.scenario({ scripts: { 'firewall.ps1': { hangs: true } } });
  const file = await site.image('twice');
  const child = site.start(file);
  const end = ended(child);
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    if (!starts('firewall')(event)) continue;
    child.stderr.once('data', () => child.kill('SIGINT')); // it says that it stops
    child.kill('SIGINT');
    break;
  }
  const started = performance.now();
  const { code, stdout } = await end;
  assert.equal(code, 130);
  assert.ok(performance.now() - started < 2000);
  assert.doesNotMatch(stdout, /build-finished/);
  await site.lab.faults.scenario({});
  assertDone(await site.build(file));
});
