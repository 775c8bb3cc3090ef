import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, test } from 'node:test';
import { ingot } from '../cli/ingot.ts';
import { PATH } from '../lab/support/tools.ts';
import { startProxy } from '../vsphere/proxy.ts';
import { assertDone, assertFailed } from './built.ts';
import { answerDiscs, openSite, tool, vmNames } from './site.ts';
import { foreignVm, readVm } from './vm.ts';

const site = await openSite({ smokeTest: false });
const { lab } = site;
const server = lab.env.INGOT_VAR_vcenter ?? '';
const foreign = await foreignVm(site, 'foreign');
const foreignBefore = await foreign();

afterEach(async () => {
  await lab.faults.clear();
  assert.deepEqual(await foreign(), foreignBefore);
});

test('a wrong password: refused once, never tried again, exit code 1', async () => {
  await lab.resetCounts();
  const built = await site.build(await site.image('wrong-password'), {
    env: { INGOT_VCENTER_PASSWORD: 'not-the-one' },
  });
  assertFailed(built, {
    step: 'preflight',
    code: 'vsphere.login',
    message: /^vCenter refused the login of administrator@vsphere\.local: InvalidLogin/,
    remedy: /Check vcenter\.username .* and the password/,
  });
  assert.equal((await lab.counts()).Login, 1);
  assert.doesNotMatch(built.stdout + built.stderr, /not-the-one/);
});

test('a vCenter that does not answer, or whose name does not resolve: exit code 3, at once', async () => {
  for (const [vcenter, found] of [
    ['127.0.0.1:9', /ECONNREFUSED/],
    ['vcenter.invalid', /ENOTFOUND|EAI_AGAIN/],
  ] as const) {
    const started = performance.now();
    const built = await site.build(await site.image('unreachable', { vcenter: { server: vcenter } }));
    assert.ok(performance.now() - started < 10_000);
    const { message } = assertFailed(built, {
      step: 'preflight',
      code: 'vsphere.unreachable',
      message: new RegExp(`^could not connect to vCenter at ${vcenter}`),
      remedy: /Check vcenter\.server, DNS/,
      exit: 3,
    });
    assert.match(message, found);
  }
});

test('a certificate that is not trusted is shown, with what to put into the image file', async () => {
  const connect = await tool(
    'bash',
    '-c',
    `openssl s_client -connect ${server} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`,
  );
  const thumbprint = connect.trim().replace(/^.*=/, '');
  const options = { env: { INGOT_VAR_vcenter_ca: '' } };
  const built = await site.build(await site.image('untrusted'), options);
  assertFailed(built, {
    step: 'preflight',
    code: 'vsphere.certificate',
    message: new RegExp(`^the certificate of ${server} is not trusted: `),
    remedy: new RegExp(`caFile: PATH.*thumbprint: ${thumbprint}`),
    evidence: new RegExp(`subject: .+\nissuer: .+\nvalid: .+ to .+\nSHA-256 thumbprint: ${thumbprint}`),
    exit: 3,
  });

  const wrong = await site.image('wrongly-pinned', {
    vcenter: { thumbprint: `${thumbprint.slice(0, -2)}${thumbprint.endsWith('00') ? '11' : '00'}` },
  });
  assertFailed(await site.build(wrong, options), {
    step: 'preflight',
    code: 'vsphere.certificate',
    message: /its thumbprint is not the pinned one$/,
    remedy: new RegExp(thumbprint),
    exit: 3,
  });

  const pinned = await site.image('pinned', { vcenter: { thumbprint } });
  const plan = await ingot(['plan', pinned], { cwd: site.folder, env: { PATH, ...lab.env, ...options.env } });
  assert.equal(plan.code, 0, plan.stderr);
});

test('insecure: true builds, with a warning', async () => {
  const file = await site.image('insecure', { vcenter: { insecure: true } });
  const built = await site.build(file, { env: { INGOT_VAR_vcenter_ca: '' } });
  assertDone(built);
  assert.deepEqual(
    built.of('warning').map(({ message }) => message),
    ['The certificate of 127.0.0.1 is not verified (insecure).'],
  );
});

test('a datastore that runs full during the upload: what was sent is removed', async () => {
  await site.govc('datastore.rm', '-f', 'ingot/media');
  await lab.faults.inject({ kind: 'upload', afterBytes: 200_000, status: 507 });
  await lab.resetCounts();
  const built = await site.build(await site.image('full'));
  assertFailed(built, {
    step: 'upload-iso',
    code: 'datastore.full',
    message: /^uploading \[LocalDS_0\] ingot\/media\/.*\.partial: datastore LocalDS_0 has no room for it$/,
    remedy: /Free space on LocalDS_0/,
  });
  assert.equal((await lab.counts())['PUT /folder'], 2, 'beside the lease: a full datastore is not tried again');
  assert.equal((await site.govc('datastore.ls', 'ingot/media')).trim(), '');
  assert.deepEqual(await answerDiscs(site), []);
});

test('a disc that was sent whole but cannot take its name is removed again', async () => {
  await site.govc('datastore.rm', '-f', 'ingot/media');
  await lab.faults.inject({ kind: 'task', method: 'MoveDatastoreFile_Task', type: 'CannotAccessFile' });
  const built = await site.build(await site.image('unnamed'));
  assertFailed(built, {
    step: 'upload-iso',
    code: 'vsphere.fault',
    message: /^moving \[LocalDS_0\] ingot\/media\/.*\.partial: vCenter answered CannotAccessFile/,
    remedy: /Look at the task and its events/,
  });
  const left = (await site.govc('datastore.ls', 'ingot/media')).trim();
  assert.match(
    left,
    /^sha256-[0-9a-f]{12}-windows-server-20h2\.iso\.sha256$/,
    'its digest only, for whoever comes next',
  );
});

test('too little free space, and rights that are missing: found before anything is made, all at once', async (t) => {
  const proxy = await startProxy(server);
  t.after(() => proxy.stop());
  proxy.rule = ({ method }) => {
    if (method === 'RetrievePropertiesEx') {
      const rewrite = (answer: string) =>
        answer.replace(/(<name>summary\.freeSpace<\/name><val[^>]*>)\d+/g, `$1${20 * 2 ** 30}`);
      return { rewrite };
    }
    if (method !== 'HasPrivilegeOnEntities') return undefined;
    const refuse = (answer: string) =>
      answer.replace(
        /(<privId>(?:VirtualMachine\.Inventory\.Create|Resource\.AssignVMToPool)<\/privId><isGranted>)true/g,
        '$1false',
      );
    return { rewrite: refuse };
  };
  const before = await vmNames(site);
  const file = await site.image('short', { vcenter: { server: proxy.server, caFile: proxy.caFile } });
  const built = await site.build(file);
  assertFailed(built, {
    step: 'preflight',
    code: 'vsphere.privileges',
    message: /^expected administrator@vsphere\.local to have all rights of a build, found 2 missing$/,
    remedy: /give the account a role with these privileges/,
    evidence:
      /^VirtualMachine\.Inventory\.Create on \/DC0\/vm \(VM folder of the master; create-vm: CreateVM_Task\)\nResource\.AssignVMToPool on \/DC0\/host\/DC0_C0\/Resources \(resource pool; create-vm: CreateVM_Task\)\nalso: expected 49 GiB free on datastore LocalDS_0 .*, found 20 GiB; free space/,
  });
  assert.deepEqual(await vmNames(site), before);
  assert.equal(proxy.count('CreateVM_Task'), 0);
  assert.equal(proxy.count('PUT folder'), 0);
});

test('a right that vCenter misses only when it creates the VM is named', async () => {
  await lab.faults.inject({
    kind: 'soap',
    method: 'CreateVM_Task',
    type: 'NoPermission',
    detail: '<privilegeId>VirtualMachine.Config.RawDevice</privilegeId>',
  });
  const built = await site.build(await site.image('refused'));
  assertFailed(built, {
    step: 'create-vm',
    code: 'vsphere.fault',
    message: /CreateVM_Task.*NoPermission \(privilege VirtualMachine\.Config\.RawDevice\)/,
    remedy: /^Give the account VirtualMachine\.Config\.RawDevice/,
  });
  assert.deepEqual(await answerDiscs(site), [], 'the answer disc holds a password');
});

for (const role of ['-master', '', '-candidate']) {
  test(`a VM that is not ours has the name taken${role}: it stays as it is`, async () => {
    const name = `taken${role}`;
    const theirs = await foreignVm(site, name);
    const before = await theirs();
    const built = await site.build(await site.image('taken'));
    assertFailed(built, {
      step: 'preflight',
      code: 'vm.not-ours',
      message: new RegExp(`^expected the name /DC0/vm/${name} to be free or ours, found a VM that ingot did not make$`),
      remedy: /ingot never touches what it did not make/,
    });
    assert.deepEqual(await theirs(), before);
    await site.govc('vm.destroy', name);
  });
}

test('a VM of another image has the name: it stays as it is', async () => {
  assertDone(await site.build(await site.image('one')));
  const before = await readVm(site, 'one');
  const built = await site.build(await site.image('two', { template: { name: 'one' } }));
  assertFailed(built, {
    step: 'preflight',
    code: 'vm.not-ours',
    message: /^expected the name \/DC0\/vm\/one to be free or ours, found a VM of the image one$/,
    remedy: /choose another name for the image or its template/,
  });
  assert.deepEqual(await readVm(site, 'one'), before);
});

test('a VM that somebody deployed from the template has the master’s name: it stays as it is', async () => {
  const file = await site.image('deployed');
  assertDone(await site.build(file));
  await site.govc('vm.destroy', 'deployed-master');
  await site.govc('vm.clone', '-vm', 'deployed', '-on=false', 'deployed-master');
  const before = await readVm(site, 'deployed-master');
  assertFailed(await site.build(file), {
    step: 'preflight',
    code: 'vm.not-ours',
    message: /^expected the name \/DC0\/vm\/deployed-master to be free or ours, found a VM of this image that is not/,
    remedy: /ingot never touches what it did not make/,
  });
  assert.deepEqual(await readVm(site, 'deployed-master'), before);
});

test('names of the inventory that are wrong: the error lists what there is', async () => {
  for (const [changes, message, evidence] of [
    [{ datacenter: 'DC9' }, /datacenter.*DC9/i, /DC0/],
    [{ compute: 'Nowhere' }, /Nowhere/, /DC0_C0/],
    [{ datastore: 'ds9' }, /ds9/, /LocalDS_0/],
    [{ network: 'net9' }, /net9/, /VM Network/],
  ] as const) {
    const built = await site.build(await site.image('misplaced', { placement: changes }));
    const failure = assertFailed(built, { step: 'preflight', code: 'vsphere.not-found', message, remedy: /./ });
    assert.match([failure.message, failure.remedy, ...(failure.evidence ?? [])].join('\n'), evidence);
  }
});

test('the journal of a failed build holds the same end', async () => {
  const built = await site.build(await site.image('journal', { placement: { datastore: 'ds9' } }));
  const journal = await readFile(`${site.folder}/.ingot/journal/${built.end.build}.jsonl`, 'utf8');
  assert.deepEqual(JSON.parse(journal.trimEnd().split('\n').at(-1) ?? ''), built.end);
});
