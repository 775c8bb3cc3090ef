import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { assertDone } from '../build/built.ts';
import { openSite, vmNames } from '../build/site.ts';
import { readVm } from '../build/vm.ts';

const site = await openSite({ smokeTest: false });
const { govc } = site;

suite('what is sealed', () => {
  test('only the notes change: the clone is made again from the master as it is', async () => {
    assertDone(await site.build(await site.image('notes', { smokeTest: { enabled: true } })));
    const built = await site.build(
      await site.image('notes', { template: { name: 'notes', notes: 'Second' }, smokeTest: { enabled: true } }),
    );
    assertDone(built);
    assert.deepEqual(built.ran, [
      'inspect-media',
      'preflight',
      'upload-iso',
      'clone',
      'sysprep',
      'seal',
      'smoke-test',
      'template',
    ]);
    assert.equal((await readVm(site, 'notes')).config.annotation, 'Second');
  });

  test('a master that somebody changed and left on: what its snapshot holds, nothing else', async () => {
    assertDone(await site.build(await site.image('tampered')));
    await govc('vm.change', '-vm', 'tampered-master', '-e', 'somebody=was here');
    await govc('vm.power', '-on', 'tampered-master');
    const built = await site.build(await site.image('tampered', { template: { name: 'tampered', notes: 'Second' } }));
    assertDone(built);
    const keys = (await readVm(site, 'tampered')).config.extraConfig.map(({ key }) => key);
    assert.ok(!keys.includes('somebody'), keys.join());
  });
});

suite('snapshots that somebody deleted', () => {
  test('of a master that is off: taken again, so that the next change need not begin with Setup', async () => {
    assertDone(await site.build(await site.image('pruned')));
    await govc('snapshot.remove', '-vm', 'pruned-master', '*');
    const built = await site.build(await site.image('pruned', { template: { name: 'pruned', notes: 'Second' } }));
    assertDone(built);
    assert.match(await govc('snapshot.tree', '-vm', 'pruned-master'), /ingot master [0-9a-f]{12}/);
    assert.ok(built.cached.includes('master'));
  });

  test('of a master that is on: it is kept anew before it is cloned', async () => {
    assertDone(await site.build(await site.image('running')));
    await govc('snapshot.remove', '-vm', 'running-master', '*');
    await govc('vm.power', '-on', 'running-master');
    await govc('vm.ip', '-wait', '10s', 'running-master');
    const built = await site.build(await site.image('running', { template: { name: 'running', notes: 'Second' } }));
    assertDone(built);
    assert.ok(built.ran.includes('master') && built.cached.includes('docker'), built.ran.join());
    assert.equal((await readVm(site, 'running-master')).runtime.powerState, 'poweredOff');
    assert.ok(!(await vmNames(site)).includes('running-candidate'));
  });
});

suite('a build that breaks off inside Windows', () => {
  const rules = (name: string) => ({ firewall: { rules: [{ name, port: 10250, protocol: 'TCP' }] } });
  const breaking = (name: string) => ({
    ...rules(name),
    steps: [{ name: 'motd', powershell: "throw 'not yet'" }],
  });

  test('goes on where it stood when the image file is the same', async () => {
    const file = await site.image('same', breaking('Logs'));
    assert.equal((await site.build(file)).code, 1);
    const built = await site.build(file);
    assert.ok(built.cached.includes('firewall'), built.cached.join());
  });

  test('leaves nothing of its own in what another image file builds', async () => {
    assert.equal((await site.build(await site.image('another', breaking('Logs')))).code, 1);
    // The step that failed has another script now: all that is recorded holds, the failed script may have left something.
    const built = await site.build(await site.image('another', rules('Logs')));
    assertDone(built);
    assert.ok(built.cached.includes('install-windows') && built.ran.includes('firewall'), built.cached.join());
    const again = await site.build(await site.image('another', rules('Logs')));
    assert.deepEqual(again.ran, ['inspect-media', 'preflight', 'upload-iso']);
  });
});
