import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { after } from 'node:test';
import type { BuildEvent } from '../../pipeline/events.ts';
import { windowsOutput } from '../../steps/support/installed.ts';
import { ended, root } from '../cli/ingot.ts';
import { assertDone, assertFailed, builtFrom } from './built.ts';
import { type Changes, openSite, tool } from './site.ts';

const soapCheck = join(root, '../shared/tools/soap-check.py');
const trace = join(mkdtempSync(join(tmpdir(), 'ingot-test-trace-')), 'trace');
after(() => rmSync(dirname(trace), { recursive: true }));

const site = await openSite({ vcsimArgs: ['-trace', '-trace-file', trace] });
const { govc } = site;

/** In the place of the ISO of the sample, and of the disk that comes with a source. */
function from(source: Changes, more: Changes = {}): Changes {
  return { media: undefined, source, ...more, hardware: { disk: undefined } };
}

/** All that vCenter knows of a VM and that could change. */
const stateOf = (vm: string) =>
  govc('object.collect', '-s', `vm/${vm}`, 'name', 'config', 'snapshot', 'runtime.powerState', 'layoutEx.file');

const base = await site.build(await site.image('base'));
const outside = ['inspect-media', 'upload-iso', 'answer-disc', 'upload-media'];

test('a template is made of a template of ours, which stays as it is', async () => {
  assertDone(base);
  const before = await stateOf('base');
  const derived = await site.build(await site.image('derived', from({ template: 'base' })));
  assertDone(derived);
  assert.deepEqual(derived.ran.slice(0, 3), ['preflight', 'create-vm', 'install-windows']);
  assert.deepEqual(
    [...derived.ran, ...derived.cached].filter((step) => outside.includes(step)),
    [],
  );
  assert.match(derived.proof('create-vm').join(), /cloned from \/DC0\/vm\/base/);
  assert.equal(await stateOf('base'), before);
  const keys = await govc('object.collect', '-s', '-json', 'vm/derived-master', 'config.extraConfig');
  const written = new Map(JSON.parse(keys).map(({ key, value }: { key: string; value: string }) => [key, value]));
  assert.equal(written.get('ingot.image'), 'derived');
  assert.equal(written.get('ingot.role'), 'master');
  assert.equal(written.get('ingot.facts'), undefined, 'what stands on the source is not inherited');
});

test('a second build takes all from the first; another state of the source makes it anew', async () => {
  const file = await site.image('derived', from({ template: 'base' }));
  const again = await site.build(file);
  assertDone(again);
  assert.deepEqual(again.ran, ['preflight']);
  const before = await govc('object.collect', '-s', 'vm/derived', 'config.instanceUuid');
  // Somebody else's change: what a clone of it would be is not known.
  await govc('vm.markasvm', '-pool', '/DC0/host/DC0_C0/Resources', 'base');
  await govc('vm.change', '-vm', 'base', '-annotation', 'changed');
  await govc('vm.markastemplate', 'base');
  const changed = await site.build(file);
  assertDone(changed);
  assert.ok(changed.ran.includes('create-vm') && changed.ran.includes('template'));
  assert.notEqual(await govc('object.collect', '-s', 'vm/derived', 'config.instanceUuid'), before);
});

test('a snapshot of a running VM is cloned, linked; what its password was derived with is known', async () => {
  await govc('snapshot.create', '-vm', 'base-master', 'mine');
  await govc('vm.clone', '-vm', 'base-master', '-on=false', 'kept');
  await govc('snapshot.create', '-vm', 'kept', 'mine');
  await govc('vm.power', '-on', 'base-master', 'kept');
  const before = await stateOf('kept');
  const built = await site.build(await site.image('linked', from({ vm: 'kept', snapshot: 'mine', linked: true })));
  assertDone(built);
  assert.equal(await stateOf('kept'), before);
  // A build of base would delete the disks that it stands on.
  assertFailed(await refused({ vm: 'base-master', snapshot: 'mine', linked: true }), {
    ...{ step: 'preflight', code: 'source.linked', message: /is the master of base/, remedy: /another name/ },
  });
  assert.match(readFileSync(trace, 'utf8'), /<diskMoveType>createNewChildDiskBacking<\/diskMoveType>/);
});

test('vCenter customizes the clone, and the build goes on with the new password', async () => {
  const nics = [{ address: '192.0.2.10/25', gateways: ['192.0.2.1'], dnsServers: ['192.0.2.53'] }];
  const customization = { computerName: 'fresh', password: 'env:FRESH', nics, runOnce: ['cmd /c rem'] };
  const file = await site.image('customized', from({ template: 'base', customization }));
  const built = await site.build(file, { env: { FRESH: 'Correct-Horse-7' } });
  assertDone(built);
  assert.match(built.proof('install-windows').join(), /computer name fresh/);
  assert.ok(!built.stdout.includes('Correct-Horse-7'));
  const sent = /<customization\b.*?<\/customization>/s.exec(readFileSync(trace, 'utf8'))?.[0] ?? '';
  for (const part of [
    /<password[^>]*><value>Correct-Horse-7<\/value><plainText>true</,
    /<timeZone>90<\/timeZone><autoLogon>true<\/autoLogon><autoLogonCount>1</,
    /<joinWorkgroup>WORKGROUP</,
    /<ipAddress>192\.0\.2\.10<\/ipAddress><\/ip><subnetMask>255\.255\.255\.128<\/subnetMask><gateway>192\.0\.2\.1</,
    /<changeSID>true</,
  ])
    assert.match(sent.replace(/>\s+</g, '><'), part);
});

test('where vCenter fails to customize, the logs are named, and the next build makes the clone anew', async () => {
  const customization = { password: 'env:FRESH' };
  const file = await site.image('failing', from({ template: 'base', customization }));
  await site.lab.faults.scenario({ customization: { fails: 'Sysprep exited with 1' } });
  const failed = await site.build(file, { env: { FRESH: 'Correct-Horse-7' } });
  assertFailed(failed, {
    step: 'install-windows',
    code: 'source.customization-failed',
    message: /Sysprep exited with 1/,
    remedy: /vmware-imc/,
    left: [/failing-master/],
  });
  await site.lab.faults.scenario({});
  const entries = await site.build(file, { env: { FRESH: 'Correct-Horse-7' } });
  assertDone(entries);
  assert.ok(entries.ran.includes('create-vm'));
});

test('a clone that is switched off while vCenter customizes it is not waited for', async () => {
  const customization = { password: 'env:FRESH', timeout: '5s' };
  await site.lab.faults.scenario({ customization: { hangs: true } });
  const child = site.start(await site.image('off', from({ template: 'base', customization })), {
    env: { FRESH: 'Correct-Horse-7' },
  });
  const end = ended(child);
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    if (event.type === 'step-progress' && event.message === 'vCenter customizes Windows: running')
      await govc('vm.power', '-off', '-force', 'off-master');
  }
  const failed = builtFrom(await end);
  await site.lab.faults.scenario({});
  assertFailed(failed, {
    ...{ step: 'install-windows', code: 'source.customization-failed', message: /switched off/, remedy: /vmware-imc/ },
    left: [/off-master/],
  });
});

test('a specification that vCenter does not take is told while the master of before is there', async () => {
  const before = await govc('object.collect', '-s', 'vm/customized-master', 'config.instanceUuid');
  const customization = { computerName: 'other', password: 'env:FRESH' };
  await site.lab.faults.inject({ kind: 'soap', method: 'CheckCustomizationSpec', type: 'UncustomizableGuest' });
  const file = await site.image('customized', from({ template: 'base', customization }));
  assertFailed(await site.build(file, { env: { FRESH: 'Correct-Horse-7' } }), {
    ...{ step: 'create-vm', code: 'source.customization', message: /to take the customization/, remedy: /guest OS id/ },
    left: [/customized-master/],
  });
  assert.equal(await govc('object.collect', '-s', 'vm/customized-master', 'config.instanceUuid'), before);
  assertFailed(await site.build(file, { env: { FRESH: 'weakling' } }), {
    ...{ step: 'preflight', code: 'source.customization', message: /customization\.password to hold three/ },
    remedy: /another password/,
  });
});

test('a build that was killed while the clone starts is gone on with in that clone', async () => {
  const file = await site.image('killed', from({ template: 'base' }));
  const child = site.start(file);
  const end = ended(child);
  for await (const line of createInterface(child.stdout)) {
    const event: BuildEvent = JSON.parse(line);
    if (event.type === 'step-progress' && event.message === 'Starting the clone') child.kill('SIGKILL');
  }
  await end;
  const clone = await govc('object.collect', '-s', 'vm/killed-master', 'config.instanceUuid');
  const resumed = await site.build(file);
  assertDone(resumed);
  assert.ok(resumed.cached.includes('create-vm') && resumed.ran.includes('install-windows'));
  assert.equal(await govc('object.collect', '-s', 'vm/killed-master', 'config.instanceUuid'), clone);
});

test('an OVF package is imported, and tells by its digests whether it is another one', async () => {
  await govc('export.ovf', '-vm', 'base-master', '-sha', '256', '-snapshot', 'mine', site.folder);
  // The package has no password that a build could derive: the host key that it keeps is the way in.
  const { output } = base.of('step-finished').find(({ step }) => step === 'install-windows') ?? {};
  const { hostKeys } = windowsOutput.parse(output);
  const file = await site.image('imported', from({ ovf: 'base-master/base-master.ovf', hostKeys }));
  const built = await site.build(file);
  assertDone(built);
  assert.deepEqual((await site.build(file)).ran, ['preflight']);
});

test('an item of a content library is deployed', async () => {
  await govc('library.create', '-ds', 'LocalDS_0', 'images');
  await govc('library.clone', '-vm', 'linked-master', '-pool', 'DC0_C0/Resources', '-folder', 'vm', 'images', 'golden');
  const file = await site.image('deployed', from({ contentLibrary: 'images/golden' }));
  const built = await site.build(file);
  assertDone(built);
  assert.match(await govc('object.collect', '-s', 'vm/deployed-master', 'config.annotation'), /^Built by ingot/);
  assert.deepEqual((await site.build(file)).ran, ['preflight']);
  // As publishing marks its items.
  await govc('library.update', '-d', 'ingot: image=deployed build=1', 'images/golden');
  assertFailed(await site.build(file), { step: 'preflight', code: 'source.own', message: /deployed/, remedy: /name/ });
  assertFailed(await refused({ contentLibrary: 'images/goldn' }), {
    ...{ step: 'preflight', code: 'source.missing', message: /“goldn”/, evidence: /golden/, remedy: /contentLibrary/ },
  });
});

/** Why a build of these changes does not begin. */
async function refused(source: Changes, more: Changes = {}) {
  return site.build(await site.image('refused', from(source, more)));
}

test('what is deployed gets its NICs before it is customized; broken off, it is made anew', async () => {
  const source = { contentLibrary: 'images/golden', customization: { password: 'env:FRESH' } };
  const hardware = { disk: undefined, nics: [{ network: 'VM Network' }] };
  const file = await site.image('fitted', { media: undefined, source, hardware });
  const options = { env: { FRESH: 'Correct-Horse-7' } };
  await site.lab.faults.inject({ kind: 'soap', method: 'CustomizeVM_Task', type: 'UncustomizableGuest' });
  assertFailed(await site.build(file, options), {
    ...{ step: 'create-vm', code: 'vsphere.fault', message: /UncustomizableGuest/, remedy: /vSphere client/ },
    left: [/fitted-master .*the next build replaces it/],
  });
  const built = await site.build(file, options);
  assertDone(built);
  assert.ok(built.ran.includes('create-vm'));
});

test('what cannot be cloned is told before anything is made, another Windows once it is seen', async () => {
  const step = 'preflight';
  const remedy = /source/;
  assertFailed(await refused({ template: 'bsae' }), {
    ...{ step, code: 'source.missing', message: /template “bsae”/, evidence: /^there is: .*base[^\n]*$/, remedy },
  });
  assertFailed(await refused({ vm: 'base' }), { step, code: 'source.kind', message: /a VM, found a template/, remedy });
  assertFailed(await refused({ vm: 'base-master' }), {
    ...{ step, code: 'source.powered-on', message: /to be off, found it poweredOn/, evidence: /mine/, remedy },
  });
  assertFailed(await refused({ vm: 'base-master', snapshot: 'mnie' }), {
    ...{ step, code: 'source.snapshot', message: /“mnie”/, evidence: /mine/, remedy },
  });
  await govc('vm.create', '-on=false', 'plain');
  assertFailed(await refused({ vm: 'plain', snapshot: 'mine' }), {
    ...{ step, code: 'source.snapshot', message: /found none/, evidence: /no snapshot/, remedy },
  });
  assertFailed(await refused({ vm: 'plain' }), {
    ...{ step, code: 'source.no-way-in', message: /a way into the Windows/, remedy: /administratorPassword/ },
  });
  const other = { windows: { version: '2019' } };
  assertFailed(await refused({ template: 'base' }, other), {
    step: 'install-windows',
    code: 'source.windows',
    message: /2019 \(build 17763\).*found 19042\.508/,
    remedy: /windows\.version/,
    left: [/refused-master/],
  });
  const own = await site.build(await site.image('base', from({ template: 'base' })));
  assertFailed(own, { step, code: 'source.own', message: /another image/, remedy: /another name/ });
});

if (existsSync(soapCheck)) {
  test('soap-check finds no problem in the trace of all these builds', async () => {
    // Customization tells its end since 7.0.2 only.
    const found = await tool(soapCheck, '--api', '7.0.2.0', trace);
    assert.match(found, / 0 problems/);
  });
}
