import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import { assertDone, assertFailed } from '../build/built.ts';
import { openSite, vmNames } from '../build/site.ts';
import { readVm } from '../build/vm.ts';
import { ended } from '../cli/ingot.ts';
import { startProxy } from '../vsphere/proxy.ts';

const site = await openSite();
const { govc } = site;
const rule = (port: number) => ({ firewall: { rules: [{ name: 'Logs', port, protocol: 'TCP' }] } });
const idOf = async (name: string) => (await readVm(site, name)).self.value;
const named = async (prefix: string) => (await vmNames(site)).filter((name) => name.startsWith(prefix));

const fault = (type: string) =>
  `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>in use</faultstring><detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}"/></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`;

suite('templates of before', () => {
  test('as many are kept as the image file says, the newest; the others are deleted though they are templates', async () => {
    for (const port of [1, 2, 3]) assertDone(await site.build(await site.image('kept', rule(port))));
    const old = (await named('kept')).filter((name) => name.includes('-before-'));
    assert.equal(old.length, 1);
    assert.equal((await readVm(site, old[0] ?? '')).config.template, true);
  });

  test('one that was converted to a VM stays', async () => {
    for (const port of [1, 2]) assertDone(await site.build(await site.image('used', rule(port))));
    const [converted = ''] = (await named('used-before-')).slice(0, 1);
    await govc('vm.markasvm', '-pool', '/DC0/host/DC0_C0/Resources', converted);
    await govc('vm.power', '-on', converted);
    const none = { template: { name: 'used', keep: 0 } };
    const built = await site.build(await site.image('used', { ...rule(3), ...none }));
    assertDone(built);
    assert.deepEqual(await named('used-before-'), [converted]);
    assert.equal((await readVm(site, converted)).runtime.powerState, 'poweredOn');
  });
});

test('a template that somebody converted and uses: neither moved nor deleted, and said before anything is made', async () => {
  assertDone(await site.build(await site.image('converted', rule(1))));
  const id = await idOf('converted');
  await govc('vm.markasvm', '-pool', '/DC0/host/DC0_C0/Resources', 'converted');
  await govc('vm.power', '-on', 'converted');
  const built = await site.build(await site.image('converted', rule(2)));
  assertFailed(built, {
    step: 'preflight',
    code: 'template.converted',
    message: /^expected \/DC0\/vm\/converted to be a template, found a VM \(poweredOn\)$/,
    remedy: /neither moves nor deletes it/,
  });
  const { self, runtime } = await readVm(site, 'converted');
  assert.deepEqual([self.value, runtime.powerState], [id, 'poweredOn']);
});

test('a copy of the master under the name of the candidate is not ours, although it inherits what the master carries', async () => {
  assertDone(await site.build(await site.image('deployed', rule(1))));
  await govc('vm.clone', '-vm', 'deployed-master', '-on=false', 'copy');
  await govc('object.rename', '/DC0/vm/copy', 'deployed-candidate');
  const id = await idOf('deployed-candidate');
  assertFailed(await site.build(await site.image('deployed', rule(2))), {
    step: 'preflight',
    code: 'vm.not-ours',
    message: /found a VM of this image that is not its candidate \(master\)$/,
    remedy: /ingot never touches/,
  });
  assert.equal(await idOf('deployed-candidate'), id);
});

suite('a publication that breaks off', () => {
  test('between the two renamings: the next build gives the template its name, and nothing else', async () => {
    const file = await site.image('between');
    assertDone(await site.build(file));
    const id = await idOf('between');
    await govc('object.rename', '/DC0/vm/between', 'between-candidate');
    const again = await site.build(file);
    assertDone(again);
    assert.deepEqual(again.ran, ['inspect-media', 'preflight', 'upload-iso']);
    assert.equal(await idOf('between'), id);
    assert.equal(again.summary('template'), '/DC0/vm/between');
    assert.deepEqual(await named('between'), ['between', 'between-master']);
  });

  test('after the candidate was marked: the next build only swaps the names', async () => {
    const file = await site.image('marked', rule(1));
    assertDone(await site.build(file));
    const first = await idOf('marked');
    const changed = await site.image('marked', rule(2));
    const child = site.start(changed);
    const end = ended(child);
    for await (const line of createInterface(child.stdout))
      if (/Keeping the template of before/.test(line)) child.kill('SIGKILL');
    await end;
    const again = await site.build(changed);
    assertDone(again);
    assert.notEqual(await idOf('marked'), first);
    const left = await named('marked');
    assert.deepEqual([left.length, left.includes('marked-candidate')], [3, false]);
    assert.ok(!again.ran.includes('sysprep'), again.ran.join());
  });

  test('when the second renaming fails, the first is taken back', async (t) => {
    assertDone(await site.build(await site.image('back', rule(1))));
    const id = await idOf('back');
    const proxy = await startProxy(site.lab.env.INGOT_VAR_vcenter ?? '');
    t.after(() => proxy.stop());
    const busy = { status: 500, body: fault('ResourceInUse') };
    proxy.rule = ({ method }) => (method === 'Rename_Task' && proxy.count(method) === 2 ? { answer: busy } : undefined);
    const vcenter = { server: proxy.server, caFile: proxy.caFile };
    const built = await site.build(await site.image('back', { ...rule(2), vcenter }));
    assertFailed(built, {
      step: 'template',
      code: 'vsphere.fault',
      message: /ResourceInUse/,
      remedy: /run the command again\.$/,
      left: [/back-master/, /back-candidate/],
    });
    assert.equal(await idOf('back'), id);
    const again = await site.build(await site.image('back', rule(2)));
    assertDone(again);
    assert.deepEqual(again.ran, ['inspect-media', 'preflight', 'upload-iso', 'template']);
    assert.notEqual(await idOf('back'), id);
  });
});
