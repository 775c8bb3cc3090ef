import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Vsphere, VsphereEvent } from '../../vsphere/index.ts';
import { connect, extraConfigMap, findByPath, isFault, powerOff, powerOn, reconfigure } from '../../vsphere/index.ts';
import type { FaultProxy } from './proxy.ts';
import { once, startProxy } from './proxy.ts';
import type { Vcsim } from './vcsim.ts';
import { startVcsim } from './vcsim.ts';

let sim: Vcsim;
let proxy: FaultProxy;
let vc: Vsphere;
let vm: { readonly type: 'VirtualMachine'; readonly value: string };
const events: VsphereEvent[] = [];
before(async () => {
  // Suspending is not used by the client: it is the slow one.
  sim = await startVcsim('-method-delay', 'PowerOn:300,PowerOff:1,LockHandoff:0');
  proxy = await startProxy(sim.server);
  vc = await open();
  vm = await vmAt('/DC0/vm/DC0_H0_VM0');
});
after(async () => {
  await vc.close();
  await proxy.stop();
  sim.stop();
});
afterEach(() => {
  proxy.rule = () => undefined;
  events.length = 0;
});

function open(timing = {}): Promise<Vsphere> {
  const onEvent = (event: VsphereEvent) => void events.push(event);
  return connect({
    server: proxy.server,
    username: 'user',
    password: 'pass',
    tls: { caFile: proxy.caFile },
    onEvent,
    timing,
  });
}

async function vmAt(path: string) {
  const found = await findByPath(vc, path);
  assert.equal(found?.type, 'VirtualMachine');
  return { type: 'VirtualMachine', value: found.value } as const;
}

/** Waits for a key in the VM's extraConfig. */
function waitForKey(on: Vsphere, key: string, deadlineMs = 5000, signal?: AbortSignal) {
  return on.watch(vm, (values) => extraConfigMap(values['config.extraConfig']).get(key), {
    what: `the key ${key}`,
    deadlineMs,
    signal,
  });
}

async function pollRuns(from = 0): Promise<void> {
  while (proxy.count('WaitForUpdatesEx') <= from) await delay(5);
  await delay(30);
}

test('a task that has ended when we look costs two requests', async () => {
  const from = vc.requests;
  await reconfigure(vc, vm, { annotation: 'two requests' });
  assert.equal(vc.requests - from, 2);
});

test('a slow task is waited for without asking again and again', async () => {
  await powerOff(vc, vm);
  const from = vc.requests;
  const started = Date.now();
  await powerOn(vc, vm);
  assert.ok(Date.now() - started >= 300);
  assert.ok(vc.requests - from <= 8, `${vc.requests - from} requests`);
});

test('a change made elsewhere ends a wait, and then nothing is sent any more', async () => {
  const wait = waitForKey(vc, 'guestinfo.a');
  await pollRuns(proxy.count('WaitForUpdatesEx'));
  await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', 'guestinfo.a=hello & <you>');
  assert.equal(await wait, 'hello & <you>');
  const from = proxy.log.length;
  await delay(100);
  assert.equal(proxy.log.length, from);
});

test('what was known before a wait is read again before it ends one', async () => {
  await waitForKey(vc, 'guestinfo.a');
  await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', 'guestinfo.a=');
  await assert.rejects(waitForKey(vc, 'guestinfo.a', 150), { code: 'vsphere.deadline', timedOut: true });
});

test('several waits share one long poll', async () => {
  const other = await vmAt('/DC0/vm/DC0_H0_VM1');
  const from = proxy.count('WaitForUpdatesEx');
  const waits = ['guestinfo.one', 'guestinfo.two'].map((key) => waitForKey(vc, key));
  const off = vc.watch(other, (values) => values['runtime.powerState'] === 'poweredOff', {
    what: 'off',
    deadlineMs: 5000,
  });
  await pollRuns(from);
  await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', 'guestinfo.one=1', '-e', 'guestinfo.two=2');
  await sim.govc('vm.power', '-off', '-force', 'DC0_H0_VM1');
  assert.deepEqual(await Promise.all([...waits, off]), ['1', '2', true]);
  const collectors = proxy.log.filter(({ method }) => method === 'CreatePropertyCollector');
  assert.equal(collectors.length, 1);
});

test('one wait on several objects', async () => {
  const other = await vmAt('/DC0/vm/DC0_C0_RP0_VM0');
  const states = await vc.watchAll(
    [vm, other],
    (look) => {
      const both = [vm, other].map((object) => look(object)?.['runtime.powerState']);
      return both.every((state) => state !== undefined) && both;
    },
    { what: 'both power states', deadlineMs: 5000 },
  );
  assert.deepEqual(states, ['poweredOn', 'poweredOn']);
});

test('a change of one property leaves the others known', async () => {
  const from = proxy.count('WaitForUpdatesEx');
  const wait = vc.watch(
    vm,
    (values) => {
      const key = extraConfigMap(values['config.extraConfig']).get('guestinfo.merged');
      return values['runtime.powerState'] === 'poweredOn' && key;
    },
    { what: 'key and power', deadlineMs: 3000 },
  );
  await pollRuns(from);
  await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', 'guestinfo.merged=1');
  assert.equal(await wait, '1');
});

test('a deadline says what was waited for', async () => {
  await assert.rejects(waitForKey(vc, 'guestinfo.never', 60), (error: Error) => {
    assert.match(error.message, /the key guestinfo\.never/);
    return true;
  });
});

test('a wait obeys its signal', async () => {
  const controller = new AbortController();
  const wait = waitForKey(vc, 'guestinfo.never', 5000, controller.signal);
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 30);
  await assert.rejects(wait, (error) => error === reason);
});

test('what the predicate throws ends the wait', async () => {
  const wait = vc.watch(
    vm,
    () => {
      throw new Error('the guest reports a failure');
    },
    { what: 'a report', deadlineMs: 5000 },
  );
  await assert.rejects(wait, /reports a failure/);
});

test('an object that is deleted while it is watched ends the wait', async () => {
  const doomed = await vmAt('/DC0/vm/DC0_C0_RP0_VM1');
  await powerOff(vc, doomed);
  const from = proxy.count('WaitForUpdatesEx');
  const wait = vc.watch(doomed, (values) => values['runtime.powerState'] === 'poweredOn', {
    what: 'power',
    deadlineMs: 5000,
  });
  const check = assert.rejects(wait, { code: 'vsphere.gone' });
  await pollRuns(from);
  await sim.govc('vm.destroy', 'DC0_C0_RP0_VM1');
  await check;
});

test('a VM that was watched and is gone does not disturb later waits', async () => {
  const from = proxy.count('CreateListView');
  proxy.rule = once('WaitForUpdatesEx', { cut: 'before' });
  assert.ok(await waitForKey(vc, 'guestinfo.two'));
  assert.ok(proxy.count('CreateListView') <= from + 1);
});

test('a long poll that is cut starts over and misses nothing', async () => {
  for (const cut of ['before', 'after'] as const) {
    const from = proxy.count('WaitForUpdatesEx');
    proxy.rule = once('WaitForUpdatesEx', { cut });
    const wait = waitForKey(vc, `guestinfo.cut-${cut}`);
    await pollRuns(cut === 'before' ? from + 1 : from);
    await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', `guestinfo.cut-${cut}=1`);
    assert.equal(await wait, '1');
  }
});

test('a session that expires during a wait is renewed, and the wait goes on', async () => {
  const from = proxy.count('WaitForUpdatesEx');
  const wait = waitForKey(vc, 'guestinfo.after-expiry');
  await pollRuns(from);
  await sim.govc('session.rm', vc.session.key);
  proxy.rule = once('WaitForUpdatesEx', { cut: 'before' });
  await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', 'guestinfo.other=1');
  await pollRuns(from + 1);
  await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', 'guestinfo.after-expiry=yes');
  assert.equal(await wait, 'yes');
  assert.ok(events.some(({ type }) => type === 'relogin'));
});

test('an update that never came is found by reading again', async () => {
  const quick = await open({ pollSeconds: 1, rereadMs: 0 });
  // Updates of extraConfig get lost on the way.
  proxy.rule = ({ method }) =>
    method === 'WaitForUpdatesEx'
      ? { rewrite: (text) => text.replaceAll('config.extraConfig', 'config.extraConfiq') }
      : undefined;
  const wait = waitForKey(quick, 'guestinfo.unseen');
  await sim.govc('vm.change', '-vm', 'DC0_H0_VM0', '-e', 'guestinfo.unseen=seen');
  assert.equal(await wait, 'seen');
  await quick.close();
});

test('closing ends open waits', async () => {
  const other = await open();
  const check = assert.rejects(waitForKey(other, 'guestinfo.never'), { code: 'vsphere.closed' });
  await delay(50);
  await other.close();
  await check;
});

test("a VM's question that holds its task up is the task's error, or is answered", async () => {
  const question =
    '<propSet><name>runtime.question</name><val xmlns:q="http://www.w3.org/2001/XMLSchema-instance" q:type="VirtualMachineQuestionInfo"><id>7</id><text>Disconnect anyway?</text>' +
    '<choice><choiceInfo q:type="ElementDescription"><label>Yes</label><summary>Yes</summary><key>0</key></choiceInfo></choice></val></propSet>';
  // The first look finds the task running and the question; vcsim has none of its own.
  const ask = () =>
    once('RetrievePropertiesEx', {
      rewrite: (text) =>
        text
          .replace('>success<', '>running<')
          .replace(/(<obj type="VirtualMachine">[^<]*<\/obj>)/, (obj) => `${obj}${question}`),
    });
  proxy.rule = ask();
  const held = await reconfigure(vc, vm, { annotation: 'held up' }).catch((error: unknown) => error);
  assert.ok(held instanceof Error && 'code' in held && 'evidence' in held, String(held));
  assert.equal(held.code, 'vsphere.question');
  assert.deepEqual(held.evidence, ['answer 0: Yes']);
  assert.ok(events.some((event) => event.type === 'question' && event.question.id === '7'));
  proxy.rule = ask();
  await reconfigure(vc, vm, { annotation: 'answered' }, { answer: ({ choice }) => choice.choiceInfo[0]?.key });
  const answer = proxy.log.find(({ method }) => method === 'AnswerVM');
  assert.match(answer?.body ?? '', /<questionId>7<.*<answerChoice>0</);
});

test("a task's fault says what was done to what", async () => {
  const error: unknown = await reconfigure(vc, vm, { guestId: 'nonsense' }).catch((reason: unknown) => reason);
  assert.ok(isFault(error, 'InvalidArgument'));
  assert.match(String(error), /ReconfigVM_Task on VirtualMachine:vm-\d+.*guestId/);
});
