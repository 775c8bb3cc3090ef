import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RunningLab, startLab } from '../../lab/client.ts';
import { createVm, guestinfo, install, until, untilScreen } from './support/guest.ts';
import { temporaryFolder } from './support/media.ts';
import { morefOf, SoapSession, send } from './support/soap.ts';
import { collect, govc, PATH } from './support/tools.ts';

process.env.PATH = PATH;

describe('the front proxy', () => {
  let lab: RunningLab;
  let soap: SoapSession;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  before(async () => {
    [lab, folder] = await Promise.all([startLab(), temporaryFolder()]);
    soap = await SoapSession.open(lab);
  });
  after(async () => {
    await lab.stop();
    await folder[Symbol.asyncDispose]();
  });

  const empty = (name: string, ...more: string[]) =>
    govc(
      lab.env,
      'vm.create',
      '-on=false',
      '-g',
      'windows9Server64Guest',
      '-firmware',
      'efi',
      '-disk',
      '1G',
      ...more,
      name,
    );

  async function option(vm: string, key: string): Promise<string | undefined> {
    const json = JSON.parse(await govc(lab.env, 'vm.info', '-json', '-e', vm));
    const options: { key: string; value: string }[] = json.virtualMachines[0].config.extraConfig;
    return options.find((candidate) => candidate.key === key)?.value;
  }

  test('gives a cookie as vCenter does and takes it back verbatim', async () => {
    assert.match(soap.cookie, /^vmware_soap_session="[0-9a-f-]+"$/);
    assert.match((await soap.call('CurrentTime', 'ServiceInstance:ServiceInstance')).body, /CurrentTimeResponse/);
  });

  test('refuses a name that is taken, with its holder', async () => {
    await empty('taken');
    const holder = await morefOf(soap, '/DC0/vm/taken');
    await assert.rejects(empty('taken'), /already exists/);
    const vmFolder = await morefOf(soap, '/DC0/vm');
    const pool = await morefOf(soap, '/DC0/host/DC0_C0/Resources');
    const args = `<config><name>taken</name><files><vmPathName>[LocalDS_0]</vmPathName></files></config><pool type="ResourcePool">${pool.split(':')[1]}</pool>`;
    const info = await soap.task('CreateVM_Task', vmFolder, args);
    assert.match(info, /DuplicateName/);
    assert.ok(info.includes(`>${holder.split(':')[1]}<`), info);
    await empty('other');
    await assert.rejects(govc(lab.env, 'vm.change', '-vm', 'other', '-name', 'taken'));
    await assert.rejects(govc(lab.env, 'object.rename', '/DC0/vm/other', 'taken'), /already exists/);
  });

  test('a rename changes the name in the configuration too', async () => {
    await empty('old-name');
    await govc(lab.env, 'object.rename', '/DC0/vm/old-name', 'new-name');
    assert.equal(await collect(lab.env, '/DC0/vm/new-name', 'config.name'), 'new-name');
  });

  test('refuses what vCenter refuses in a configuration', async () => {
    await assert.rejects(
      govc(lab.env, 'vm.create', '-on=false', '-g', 'windows99Server64Guest', '-disk', '1G', 'bad'),
      /guestId/,
    );
    const vmFolder = await morefOf(soap, '/DC0/vm');
    const pool = (await morefOf(soap, '/DC0/host/DC0_C0/Resources')).split(':')[1];
    const create = (config: string) =>
      soap.task(
        'CreateVM_Task',
        vmFolder,
        `<config><name>bad</name>${config}</config><pool type="ResourcePool">${pool}</pool>`,
      );
    const files = '<files><vmPathName>[LocalDS_0]</vmPathName></files>';
    assert.match(
      await create(`<version>vmx-15</version><guestId>windows2019srvNext_64Guest</guestId>${files}`),
      /InvalidArgument.*configSpec\.guestId/s,
    );
    assert.match(
      await create(
        `${files}<bootOptions><efiSecureBootEnabled>true</efiSecureBootEnabled></bootOptions><firmware>bios</firmware>`,
      ),
      /InvalidArgument/,
    );
    const cdrom = `<deviceChange><operation>add</operation><device xsi:type="VirtualCdrom"><key>-1</key><backing xsi:type="VirtualCdromIsoBackingInfo"><fileName>[LocalDS_0] none/none.iso</fileName></backing><controllerKey>200</controllerKey><unitNumber>0</unitNumber></device></deviceChange>`;
    assert.match(await create(files + cdrom), /FileNotFound.*none\/none\.iso/s);
    assert.match(await create('<files><vmPathName>[nowhere]</vmPathName></files>'), /InvalidDatastorePath/);
    const nic = `<deviceChange><operation>add</operation><device xsi:type="VirtualVmxnet3"><key>-1</key><backing xsi:type="VirtualEthernetCardNetworkBackingInfo"><deviceName>nowhere</deviceName></backing></device></deviceChange>`;
    assert.match(await create(files + nic), /InvalidArgument.*backing\.deviceName/s);
    assert.equal((await govc(lab.env, 'find', '/', '-type', 'm', '-name', 'bad')).trim(), '');
  });

  test('refuses to shut down or reboot a guest without VMware Tools', async () => {
    await empty('no-tools');
    await govc(lab.env, 'vm.power', '-on', 'no-tools');
    for (const flag of ['-s', '-r'])
      await assert.rejects(govc(lab.env, 'vm.power', flag, 'no-tools'), /VMware Tools is not running/);
    assert.equal(await collect(lab.env, '/DC0/vm/no-tools', 'runtime.powerState'), 'poweredOn');
    await assert.rejects(govc(lab.env, 'vm.markastemplate', 'no-tools'));
  });

  test('a clone keeps firmware, boot options, annotation and extraConfig, and takes CloneSpec.config', async () => {
    await empty('source', '-annotation', 'made by a test');
    await govc(lab.env, 'vm.change', '-vm', 'source', '-e', 'ingot.build=1', '-e', 'ingot.gone=1');
    await govc(lab.env, 'device.boot', '-vm', 'source', '-delay', '1234', '-secure=true');
    await govc(lab.env, 'vm.clone', '-on=false', '-vm', 'source', 'cloned');
    assert.equal(await collect(lab.env, '/DC0/vm/cloned', 'config.firmware'), 'efi');
    assert.equal(await collect(lab.env, '/DC0/vm/cloned', 'config.annotation'), 'made by a test');
    assert.match(
      await govc(lab.env, 'object.collect', '-json', '/DC0/vm/cloned', 'config.bootOptions'),
      /"bootDelay":\s*1234.*"efiSecureBootEnabled":\s*true/s,
    );
    assert.equal(await option('cloned', 'ingot.build'), '1');
    const source = await morefOf(soap, '/DC0/vm/source');
    const vmFolder = (await morefOf(soap, '/DC0/vm')).split(':')[1];
    const pool = (await morefOf(soap, '/DC0/host/DC0_C0/Resources')).split(':')[1];
    const extra =
      '<extraConfig xsi:type="OptionValue"><key>ingot.gone</key><value xsi:type="xsd:string"></value></extraConfig><extraConfig xsi:type="OptionValue"><key>ingot.new</key><value xsi:type="xsd:string">2</value></extraConfig>';
    const info = await soap.task(
      'CloneVM_Task',
      source,
      `<folder type="Folder">${vmFolder}</folder><name>as-template</name><spec><location><pool type="ResourcePool">${pool}</pool></location><template>true</template><config><annotation>another</annotation>${extra}</config><powerOn>false</powerOn></spec>`,
    );
    assert.match(info, /<state>success/);
    assert.equal(await collect(lab.env, '/DC0/vm/as-template', 'config.template'), 'true');
    assert.equal(await collect(lab.env, '/DC0/vm/as-template', 'config.annotation'), 'another');
    assert.equal(await option('as-template', 'ingot.gone'), undefined);
    assert.equal(await option('as-template', 'ingot.new'), '2');
    assert.equal(await option('as-template', 'ingot.build'), '1');
  });

  test('a revert brings extraConfig, the drives and the power state back', async () => {
    await empty('snap');
    await govc(lab.env, 'vm.change', '-vm', 'snap', '-e', 'ingot.step=1');
    const drive = (await govc(lab.env, 'device.cdrom.add', '-vm', 'snap')).trim();
    await govc(lab.env, 'device.cdrom.insert', '-vm', 'snap', '-device', drive, 'tools/windows.iso');
    await govc(lab.env, 'snapshot.create', '-vm', 'snap', 'one');
    await govc(lab.env, 'vm.change', '-vm', 'snap', '-e', 'ingot.step=2', '-e', 'ingot.more=x');
    await govc(lab.env, 'snapshot.create', '-vm', 'snap', 'two');
    await govc(lab.env, 'device.remove', '-vm', 'snap', drive);
    await govc(lab.env, 'vm.power', '-on', 'snap');
    await govc(lab.env, 'snapshot.revert', '-vm', 'snap', 'one');
    assert.equal(await option('snap', 'ingot.step'), '1');
    assert.equal(await option('snap', 'ingot.more'), undefined);
    assert.equal(await collect(lab.env, '/DC0/vm/snap', 'runtime.powerState'), 'poweredOff');
    assert.match(await govc(lab.env, 'device.ls', '-vm', 'snap'), new RegExp(drive));
    assert.match(await govc(lab.env, 'device.info', '-vm', 'snap', drive), /tools\/windows\.iso/);
    await govc(lab.env, 'snapshot.revert', '-vm', 'snap', 'two');
    assert.equal(await option('snap', 'ingot.step'), '2');
    // This ends vcsim itself without the proxy.
    await govc(lab.env, 'snapshot.revert', '-vm', 'snap', 'one');
    await govc(lab.env, 'snapshot.remove', '-vm', 'snap', 'one');
    assert.match(await govc(lab.env, 'snapshot.tree', '-vm', 'snap'), /two/);
    await govc(lab.env, 'snapshot.revert', '-vm', 'snap', 'two');
    assert.equal(await option('snap', 'ingot.more'), 'x');
  });

  test('faults strike the calls they are for, as often as they say', async () => {
    await empty('faulty');
    const vm = '/DC0/vm/faulty';
    await lab.faults.inject({ kind: 'soap', method: 'CurrentTime', type: 'NotAuthenticated', message: 'no', times: 2 });
    const time = () => soap.call('CurrentTime', 'ServiceInstance:ServiceInstance');
    for (let call = 0; call < 2; call++) {
      const reply = await time();
      assert.equal(reply.status, 500);
      assert.match(reply.body, /<NotAuthenticatedFault [^>]*xsi:type="NotAuthenticated"/);
    }
    assert.equal((await time()).status, 200);
    await lab.faults.inject({ kind: 'http', method: 'CurrentTime', status: 503 });
    assert.equal((await time()).status, 503);
    await lab.faults.inject({
      kind: 'task',
      method: 'PowerOnVM_Task',
      type: 'InsufficientResourcesFault',
      message: 'no host',
    });
    await assert.rejects(govc(lab.env, 'vm.power', '-on', vm), /no host/);
    await lab.faults.inject({ kind: 'delay', method: 'CurrentTime', milliseconds: 200 });
    const start = performance.now();
    await time();
    assert.ok(performance.now() - start >= 195);

    const create = async (folderName: string, when: 'before' | 'after') => {
      await lab.faults.inject({ kind: 'reset', method: 'CreateFolder', when });
      await assert.rejects(
        soap.call('CreateFolder', await morefOf(soap, '/DC0/vm'), `<name>${folderName}</name>`),
        /ECONNRESET|socket hang up/,
      );
    };
    await create('before', 'before');
    await create('after', 'after');
    assert.equal(
      (await govc(lab.env, 'find', '/DC0/vm', '-type', 'f'))
        .split('\n')
        .filter((path) => /before|after/.test(path))
        .join(),
      '/DC0/vm/after',
    );
    await lab.faults.inject({ kind: 'soap', method: 'CurrentTime', type: 'X' });
    await lab.faults.clear();
    assert.equal((await time()).status, 200);
  });

  test('sessions expire on request', async () => {
    const session = await SoapSession.open(lab);
    assert.ok((await lab.faults.expireSessions()) >= 1);
    const reply = await session.call('CreateFolder', 'Folder:group-d1', '<name>x</name>');
    assert.equal(reply.status, 500);
    assert.match(reply.body, /NotAuthenticated/);
    soap = await SoapSession.open(lab);
  });

  test('counts what clients ask, and only that', async () => {
    await lab.resetCounts();
    await empty('counted');
    await govc(lab.env, 'vm.power', '-on', 'counted');
    const counts = await lab.counts();
    assert.equal(counts.CreateVM_Task, 1);
    assert.equal(counts.PowerOnVM_Task, 1);
    assert.equal(counts.ReconfigVM_Task, undefined);
  });

  test('the datastore: an account is asked for, folders are not made, a full one says so', async () => {
    const path = (name: string) => `/folder/${name}?dcPath=DC0&dsName=LocalDS_0`;
    const put = (name: string, headers: Record<string, string>, body = Buffer.alloc(300_000, 7)) =>
      send(lab, path(name), { method: 'PUT', headers: { 'content-length': body.length, ...headers } }, body);
    const cookie = { cookie: soap.cookie };
    assert.equal((await put('a.bin', {}, Buffer.from('x'))).status, 401);
    assert.equal((await send(lab, path('tools/windows.iso'), { method: 'HEAD' })).status, 401);
    assert.equal((await put('none/a.bin', cookie, Buffer.from('x'))).status, 404);
    assert.equal((await put('a.bin', cookie)).status, 201);
    assert.equal((await put('a.bin', cookie)).status, 200);
    const basic = Buffer.from(`${lab.env.GOVC_USERNAME}:${lab.env.GOVC_PASSWORD}`).toString('base64');
    const read = await send(lab, path('a.bin'), { headers: { authorization: `Basic ${basic}` } });
    assert.equal(read.body.length, 300_000);
    assert.equal((await send(lab, '/folder/a.bin?dcPath=DC0&dsName=none', { headers: cookie })).status, 404);
    await lab.faults.inject({ kind: 'upload', afterBytes: 100_000, status: 507 });
    const full = await put('full.bin', cookie).catch((error: NodeJS.ErrnoException) => error.code ?? '');
    assert.ok(typeof full === 'string' || full.status === 507, JSON.stringify(full));
    assert.doesNotMatch(await govc(lab.env, 'datastore.ls'), /full\.bin/);
    assert.equal((await put('full.bin', cookie)).status, 201);
  });

  test('a disc in use: no upload over it, no deletion; taking it out asks first', async () => {
    const vm = await createVm(lab, { name: 'holder', folder: folder.path });
    await install(lab, vm);
    const iso = join(folder.path, 'any.iso');
    await writeFile(iso, 'x');
    await assert.rejects(govc(lab.env, 'datastore.upload', iso, 'holder-answer.iso'));
    await assert.rejects(govc(lab.env, 'datastore.rm', 'holder-answer.iso'), /locked/);
    const drive =
      (await govc(lab.env, 'device.ls', '-vm', vm))
        .split('\n')
        .filter((line) => line.startsWith('cdrom'))
        .at(-1)
        ?.split(/\s+/)[0] ?? '';
    const ejecting = govc(lab.env, 'device.cdrom.eject', '-vm', vm, '-device', drive);
    await until(lab, vm, 'runtime.question', (value) => value.includes('locked the CD-ROM door') || value !== '');
    await govc(lab.env, 'vm.question', '-vm', vm, '-answer', '0');
    await ejecting;
    assert.equal(await collect(lab.env, vm, 'runtime.question'), '');
    assert.doesNotMatch(await govc(lab.env, 'device.info', '-vm', vm, drive), /holder-answer\.iso/);
    await govc(lab.env, 'vm.power', '-off', vm);
    await govc(lab.env, 'datastore.rm', 'holder-answer.iso');
    assert.equal(await guestinfo(lab, vm, 'bootstrap'), undefined, 'what the guest wrote is gone at power-off');
    assert.equal(await collect(lab.env, vm, 'guest.ipAddress'), '');
  });

  test('a screenshot has the words of the console; a key answers the prompt', async () => {
    const vm = await createVm(lab, { name: 'prompted', folder: folder.path, windows: { prompt: true } });
    await govc(lab.env, 'vm.power', '-on', vm);
    await untilScreen(lab, /Press any key/);
    const self = await morefOf(soap, vm);
    const info = await soap.task('CreateScreenshot_Task', self);
    await govc(lab.env, 'vm.keystrokes', '-vm', vm, '-s', 'x');
    const file = /\[LocalDS_0\] (\S+\.png)/.exec(info)?.[1] ?? '';
    const target = join(folder.path, 'screen.png');
    await govc(lab.env, 'datastore.download', file, target);
    const png = await readFile(target);
    assert.equal(png.toString('latin1', 1, 4), 'PNG');
    assert.match(png.toString('latin1'), /Press any key to boot from CD or DVD\.{5}/);
    await until(lab, vm, 'guest.ipAddress', (value) => value !== '');
  });
});
