import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { suiteLab } from './support/lab.ts';
import { morefOf, SoapSession } from './support/soap.ts';
import { collect, govc } from './support/tools.ts';

const run = promisify(execFile);

suite('leases of a lab, by govc and by hand', async () => {
  const { lab, folder } = await suiteLab();
  const vmOf = async (name: string) => {
    const disk = ['-disk', '1GB', '-disk.controller', 'lsilogic-sas', '-net', 'VM Network', '-ds', 'LocalDS_0'];
    await govc(lab.env, 'vm.create', '-on=false', '-g', 'windows9Server64Guest', ...disk, name);
    return name;
  };
  const leaseOf = ({ body }: { readonly body: string }) => /type="HttpNfcLease">([^<]+)</.exec(body)?.[1] ?? '';
  const stateOf = async (session: SoapSession, lease: string) =>
    /<val[^>]*HttpNfcLeaseState"?>(\w+)</.exec(await session.property(`HttpNfcLease:${lease}`, 'state'))?.[1];

  test('govc exports a VM; 7-Zip reads its disk, govc imports it again', async () => {
    await vmOf('one');
    await govc(lab.env, 'export.ovf', '-vm', 'one', '-sha', '1', folder);
    const files = await readdir(join(folder, 'one'));
    assert.deepEqual(files.sort(), ['one-disk-0.vmdk', 'one.mf', 'one.ovf']);
    const { stdout } = await run('7z', ['l', '-slt', '-tvmdk', join(folder, 'one/one-disk-0.vmdk')]);
    assert.match(stdout, /Method = "streamOptimized" zlib Marker/);
    assert.match(stdout, /^Size = 1073741824$/m);
    await run('7z', ['t', '-tvmdk', join(folder, 'one/one-disk-0.vmdk')]);
    const place = ['-ds', 'LocalDS_0', '-pool', '/DC0/host/DC0_C0/Resources', '-name', 'two'];
    await govc(lab.env, 'import.ovf', '-m', ...place, join(folder, 'one/one.ovf'));
    assert.equal(await collect(lab.env, '/DC0/vm/two', 'config.hardware.memoryMB'), '1024');
  });

  test('a VM that is on is refused, by the fault that the API names', async () => {
    await vmOf('on');
    await govc(lab.env, 'vm.power', '-on', 'on');
    const session = await SoapSession.open(lab);
    const reply = await session.call('ExportVm', await morefOf(session, '/DC0/vm/on'));
    assert.equal(reply.status, 500);
    assert.match(reply.body, /InvalidPowerStateFault.*<existingState>poweredOn</s);
  });

  test('while a lease is open the VM is neither started, deleted nor exported; then it is', async () => {
    await vmOf('busy');
    const session = await SoapSession.open(lab);
    const vm = await morefOf(session, '/DC0/vm/busy');
    const lease = leaseOf(await session.call('ExportVm', vm));
    for (const method of ['ExportVm', 'PowerOnVM_Task', 'Destroy_Task'])
      assert.match((await session.call(method, vm)).body, /TaskInProgressFault.*<task type="Task">/s, method);
    assert.equal((await session.call('HttpNfcLeaseAbort', `HttpNfcLease:${lease}`)).status, 200);
    assert.match((await session.call('HttpNfcLeaseAbort', `HttpNfcLease:${lease}`)).body, /ManagedObjectNotFound/);
    assert.match(await session.task('Destroy_Task', vm), /<state>success</);
  });

  test('initializing, ready, and without a sign of life an error', async () => {
    await vmOf('late');
    await lab.faults.scenario({ nfc: { leaseSeconds: 1 } });
    const session = await SoapSession.open(lab);
    const lease = leaseOf(await session.call('ExportVm', await morefOf(session, '/DC0/vm/late')));
    const seen = new Set<string | undefined>();
    for (const until = Date.now() + 10_000; Date.now() < until && !seen.has('error'); await delay(10)) {
      seen.add(await stateOf(session, lease));
    }
    assert.deepEqual([...seen].at(-1), 'error');
    assert.ok(seen.has('ready'));
    const fault = await session.property(`HttpNfcLease:${lease}`, 'error');
    assert.match(fault, /<fault xsi:type="Timedout"/);
    assert.match(
      (await session.call('HttpNfcLeaseProgress', `HttpNfcLease:${lease}`, '<percent>1</percent>')).body,
      /TimedoutFault/,
    );
    await lab.faults.scenario({});
  });
});
