import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { IngotError } from '../../common/failure.ts';
import type { Guest } from '../../guest/index.ts';
import { scriptCommand } from '../../guest/script.ts';
import { exitTold, programs, runFiles, scriptArguments } from '../../guest/vmtools/command-line.ts';
import { connectVmTools, type GuestOperations } from '../../guest/vmtools/index.ts';
import { VmToolsGuest } from '../../guest/vmtools/vmtools-guest.ts';
import { type RunningLab, startLab } from '../../lab/client.ts';
import { guestFailure } from '../../steps/guest/operation-errors.ts';
import { vmToolsOperations } from '../../steps/guest/vmtools.ts';
import { datastoreFiles } from '../../steps/vcenter/files.ts';
import { vmMachine } from '../../steps/vcenter/vm-machine.ts';
import { connect, type Vsphere } from '../../vsphere/connect.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { ref } from '../../vsphere/values.ts';
import { PASSWORD } from '../lab/support/answer.ts';
import { createVm, install } from '../lab/support/guest.ts';
import { temporaryFolder } from '../lab/support/media.ts';
import { govc, PATH } from '../lab/support/tools.ts';

const { signal } = new AbortController();

describe('Windows through VMware Tools', () => {
  let lab: RunningLab;
  let discs: Awaited<ReturnType<typeof temporaryFolder>>;
  let folder: string;
  let vm: string;
  let vc: Vsphere;
  let operations: GuestOperations;
  let guest: Guest;
  const network = { unreachable: true };
  const login = (password: string) => ({ username: 'Administrator', password });
  const operationsAs = async (password: string) => {
    const found = await findByPath(vc, vm, { signal });
    const context = { vc, taskMs: 10_000, files: datastoreFiles(vc, unused), screenshotPath: () => '' };
    const machine = vmMachine(context, ref('VirtualMachine', found?.value ?? ''), 'win');
    return vmToolsOperations(vc, machine, login(password), signal);
  };

  before(async () => {
    process.env.PATH = PATH;
    [lab, discs, folder] = await Promise.all([
      startLab({ scenario: { network } }),
      temporaryFolder(),
      mkdtemp(join(tmpdir(), 'ingot-test-vmtools-')),
    ]);
    vm = await createVm(lab, { folder: discs.path });
    await install(lab, vm);
    vc = await connect({
      server: lab.env.INGOT_VAR_vcenter ?? '',
      username: lab.env.INGOT_VAR_vcenter_user ?? '',
      password: lab.env.INGOT_VCENTER_PASSWORD ?? '',
      tls: { caFile: lab.env.INGOT_VAR_vcenter_ca },
    });
    operations = await operationsAs(PASSWORD);
    guest = await connectVmTools({ operations, signal, deadlineMs: 30_000 });
  });
  after(async () => {
    await vc?.close();
    await lab?.stop();
    await discs?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('a file of 1 MiB there and back, streamed, and nothing else is left', async () => {
    const local = join(folder, 'large');
    const bytes = randomBytes(2 ** 20 + 17);
    await writeFile(local, bytes);
    const told: number[] = [];
    await guest.upload(local, '/C:/data/large', { signal, onProgress: (done) => told.push(done) });
    assert.equal(told.at(-1), bytes.length);
    assert.ok(told.length > 3);
    const back = join(folder, 'back');
    await guest.download('/C:/data/large', back, { signal });
    assert.equal(digest(await readFile(back)), digest(bytes));
    const entries = await operations.list('C:\\data', { signal });
    assert.deepEqual(entries?.map(({ name }) => name).sort(), ['.', '..', 'large']);
    // The same again is not sent.
    await lab.resetCounts();
    await guest.upload(local, '/C:/data/large', { signal });
    assert.equal((await lab.counts())['PUT /guestFile'] ?? 0, 1, 'only the parameters of what digests it');
  });

  test('small files: absent, written, replaced, read, removed', async () => {
    const path = '/C:/new/folder/x.conf';
    assert.equal(await guest.readFile(path, { signal }), undefined);
    assert.equal(await guest.exists(path, { signal }), false);
    await guest.writeFile(path, Buffer.from('one'), { signal });
    await guest.writeFile(path, Buffer.from('två'), { signal });
    assert.equal(String(await guest.readFile(path, { signal })), 'två');
    await guest.writeFile(path, Buffer.alloc(0), { signal });
    assert.deepEqual(await guest.readFile(path, { signal }), Buffer.alloc(0));
    await guest.remove(path, { signal });
    await guest.remove(path, { signal });
    assert.equal(await guest.exists(path, { signal }), false);
  });

  test('a read-only file is replaced, and is read-only again', async () => {
    await guest.writeFile('/C:/ro', Buffer.from('old'), { signal });
    await operations.setReadOnly('C:\\ro', true, { signal });
    await guest.writeFile('/C:/ro', Buffer.from('new'), { signal });
    const [entry] = (await operations.list('C:\\ro', { signal })) ?? [];
    assert.deepEqual([entry?.size, entry?.readOnly], [3, true]);
  });

  test('a folder there and back', async () => {
    const local = await mkdtemp(join(folder, 'tree-'));
    await writeFile(join(local, 'a'), 'a');
    await guest.uploadFolder(local, '/C:/tree', { signal });
    const back = join(folder, 'tree-back');
    await guest.downloadFolder('/C:/tree', back, { signal });
    assert.equal(await readFile(join(back, 'a'), 'utf8'), 'a');
  });

  test('a script: its result, its log, its parameters nowhere but in a file that is gone', async () => {
    const lines: string[] = [];
    const secret = 'planted0815secret';
    await guest.runUserScript(
      'say',
      "Write-Output 'hello'",
      { password: secret },
      {
        signal,
        timeoutMs: 10_000,
        onLog: (line) => lines.push(line),
      },
    );
    assert.deepEqual(lines, ['hello']);
    const processes = await operations.processes(undefined, { signal });
    assert.ok(processes.some(({ commandLine }) => commandLine.includes('user-say.ps1')));
    assert.doesNotMatch(JSON.stringify(processes), new RegExp(`${secret}|${Buffer.from(secret).toString('base64')}`));
    assert.deepEqual(
      (await operations.list('C:\\ProgramData\\ingot\\run', { signal }))?.map(({ name }) => name),
      ['.', '..'],
    );
  });

  test('the line itself deletes the parameters, keeps the exit code, and tells it: whoever started it may be gone', async () => {
    const id = '0123456789abcdef';
    const { folder: place, input, output, exit } = runFiles(id);
    await operations.makeFolder(place, { signal });
    await operations.write(input, source(`${Buffer.from('{}').toString('base64')}\n`), { signal });
    await operations.startProgram(programs.cmd, scriptArguments(id, scriptCommand('user-gone.ps1')), { signal });
    const told = await operations.waitFor(({ exec }) => exitTold(exec, id), {
      what: 'the end of it',
      deadlineMs: 5000,
      signal,
    });
    assert.equal(told.code, 0xfffd0000, 'powershell.exe finds no such file');
    const left = (await operations.list(place, { signal }))?.map(({ name }) => name).sort();
    assert.deepEqual(left, ['.', '..', 'err', 'exit', 'out']);
    assert.equal(String(await guest.readFile(sftp(exit), { signal })).trim(), '-196608');
    assert.match(String(await guest.readFile(sftp(output), { signal })), /does not exist/);
    await operations.deleteFolder(place, { signal });
  });

  test('a lost answer to a start: it is looked for, not started again', async () => {
    await guest.state({ signal });
    await lab.faults.inject({ kind: 'reset', method: 'StartProgramInGuest', when: 'after' });
    await lab.resetCounts();
    await guest.state({ signal });
    assert.equal((await lab.counts()).StartProgramInGuest, 1);
  });

  test('a transfer that is cut is sent again', async () => {
    await lab.faults.inject({ kind: 'reset', method: 'PUT /guestFile', when: 'before', times: 2 });
    await guest.writeFile('/C:/cut', Buffer.from('whole'), { signal });
    await lab.faults.inject({ kind: 'reset', method: 'GET /guestFile', when: 'before' });
    assert.equal(String(await guest.readFile('/C:/cut', { signal })), 'whole');
  });

  test('an abort ends the program in the guest', async () => {
    await lab.faults.scenario({ network, scripts: { 'user-wait.ps1': { hangs: true } } });
    const abort = new AbortController();
    const run = guest.runUserScript('wait', "Write-Output 'x'", {}, { signal: abort.signal, timeoutMs: 60_000 });
    const running = async () =>
      (await operations.processes(undefined, { signal })).filter(
        ({ commandLine, ended }) => commandLine.includes('user-wait') && !ended,
      );
    run.catch(() => {});
    while ((await running()).length === 0);
    abort.abort(new Error('enough'));
    await assert.rejects(run, /enough/);
    assert.deepEqual(await running(), []);
    await lab.faults.scenario({ network });
  });

  test('a session of another runner ends what the first left behind', async () => {
    await lab.faults.scenario({ network, scripts: { 'user-left.ps1': { hangs: true } } });
    const lost = new AbortController();
    guest.runUserScript('left', "Write-Output 'x'", {}, { signal: lost.signal, timeoutMs: 60_000 }).catch(() => {});
    const running = async () =>
      (await operations.processes(undefined, { signal })).filter(
        ({ commandLine, ended }) => commandLine.includes('user-left') && !ended,
      );
    while ((await running()).length === 0);
    const second = await connectVmTools({ operations: await operationsAs(PASSWORD), signal, deadlineMs: 5000 });
    assert.deepEqual(await running(), []);
    await lab.faults.scenario({ network });
    assert.equal((await second.state({ signal })).imageState, 'IMAGE_STATE_COMPLETE');
    lost.abort();
  });

  test('steps that begin together share a new session: none ends what another one runs', async () => {
    const fresh = await connectVmTools({ operations: await operationsAs(PASSWORD), signal, deadlineMs: 5000 });
    await lab.resetCounts();
    const said = await Promise.all(
      ['one', 'two', 'three'].map(async (word) => {
        const lines: string[] = [];
        const options = { signal, timeoutMs: 20_000, onLog: (line: string) => lines.push(line) };
        await fresh.runUserScript(word, `Write-Output '${word}'`, {}, options);
        return lines;
      }),
    );
    assert.deepEqual(said, [['one'], ['two'], ['three']]);
    assert.equal((await lab.counts()).StartProgramInGuest, 4, 'the three, and the boot time once');
  });

  test('what one call has to find out anew does not end what another one runs', async () => {
    await lab.faults.scenario({ network, scripts: { 'user-long.ps1': { hangs: true } } });
    const enough = new AbortController();
    const long = guest.runUserScript('long', "Write-Output 'x'", {}, { signal: enough.signal, timeoutMs: 60_000 });
    long.catch(() => {});
    const running = async () =>
      (await operations.processes(undefined, { signal })).filter(
        ({ commandLine, ended }) => commandLine.includes('user-long') && !ended,
      );
    while ((await running()).length === 0);
    // Lost for good: whether Windows has restarted is looked for, with nothing taken for known.
    await lab.faults.inject({ kind: 'reset', method: 'StartProgramInGuest', when: 'before', times: 2 });
    await assert.rejects(guest.state({ signal }), { code: 'guest.connection-lost' });
    assert.equal((await running()).length, 1);
    enough.abort();
    await assert.rejects(long);
    await lab.faults.scenario({ network });
  });

  test('who shares a session does not share the signal of the one who began it', async () => {
    const shared = new VmToolsGuest({ operations: await operationsAs(PASSWORD), deadlineMs: 5000 });
    const first = new AbortController();
    const begun = shared.exists('/C:/x', { signal: first.signal });
    const second = shared.exists('/C:/x', { signal });
    first.abort(new Error('enough of the first'));
    await assert.rejects(begun, /enough of the first/);
    assert.equal(await second, false);
  });

  test('a restart is known by the boot time', async () => {
    const bootTime = await guest.bootTime({ signal });
    const restarted = await guest.restart({ signal, deadlineMs: 20_000 });
    assert.equal(restarted.previousBootTime, bootTime);
    assert.notEqual(restarted.bootTime, bootTime);
    assert.equal(await guest.bootTime({ signal }), restarted.bootTime);
  });

  test('a wrong password is tried a few times, well below a lockout', async () => {
    const wrong = await operationsAs('Wrong-Password-1');
    await lab.resetCounts();
    await assert.rejects(connectVmTools({ operations: wrong, signal, deadlineMs: 20_000 }), (error: IngotError) => {
      assert.equal(error.code, 'guest.auth');
      assert.match(error.remedy ?? '', /windows\.administratorPassword/);
      return true;
    });
    assert.ok(((await lab.counts()).ListFilesInGuest ?? 0) < 10);
  });

  test('a password that was taken before is believed longer, within its deadline and below a lockout', async () => {
    // More than a password is given that nobody knows; with a Windows that is known to be starting likewise.
    const refused = { kind: 'soap', method: 'DeleteFileInGuest', type: 'InvalidGuestLogin', times: 4 } as const;
    await lab.faults.inject(refused);
    await lab.faults.inject({ ...refused, method: 'ListProcessesInGuest' });
    const options = { operations: await operationsAs(PASSWORD), signal, deadlineMs: 30_000, starting: true };
    await Promise.all([guest.remove('/C:/x', { signal }), connectVmTools(options)]);
    await lab.faults.inject({ ...refused, method: 'ListFilesInGuest', times: 1000 });
    await lab.resetCounts();
    const brief = new VmToolsGuest({ operations, deadlineMs: 600, starting: true });
    await assert.rejects(brief.reach(signal), { code: 'guest.auth' });
    const { ListFilesInGuest: tries = 0 } = await lab.counts();
    assert.ok(tries < 10, `${tries} tries`);
    await lab.faults.clear();
  });

  test('a start of which nobody knows whether it took place: it is looked for, not done twice', async () => {
    await guest.state({ signal });
    const type = 'HostCommunication';
    await lab.faults.inject({ kind: 'soap', method: 'StartProgramInGuest', type });
    await guest.state({ signal });
  });

  test('faults by their types', async () => {
    for (const [type, code, retryable] of [
      ['GuestOperationsUnavailable', 'guest.unreachable', true],
      ['InvalidState', 'guest.unreachable', true],
      ['GuestPermissionDenied', 'guest.operations-denied', false],
      ['OperationDisabledByGuest', 'guest.operations-denied', false],
      ['NoPermission', 'guest.operations-denied', false],
      ['FileFault', 'guest.file', false],
    ] as const) {
      const detail =
        type === 'NoPermission' ? '<object type="VirtualMachine">vm-1</object><privilegeId>x</privilegeId>' : '';
      await lab.faults.inject({ kind: 'soap', method: 'ListProcessesInGuest', type, detail });
      await assert.rejects(operations.processes(undefined, { signal }), (error: unknown) => {
        assert.ok(error instanceof IngotError, String(error));
        assert.deepEqual([error.code, error.retryable], [code, retryable], type);
        return true;
      });
    }
  });

  test('a vCenter that is away is one that may come back', async () => {
    const gone = new IngotError('vsphere.unreachable', 'could not connect', { retryable: true, unreachable: true });
    const failure = guestFailure(gone, 'list processes', 'win');
    assert.ok(failure instanceof IngotError);
    assert.deepEqual([failure.code, failure.retryable], ['guest.unreachable', true]);
  });

  test('files over an ESXi host with the certificate that vCenter knows; no other', async () => {
    await lab.faults.scenario({ network, guestFiles: { certificate: 'known' } });
    await guest.writeFile('/C:/esxi', Buffer.from('over the host'), { signal });
    assert.equal(String(await guest.readFile('/C:/esxi', { signal })), 'over the host');
    await lab.faults.scenario({ network, guestFiles: { certificate: 'other' } });
    await assert.rejects(guest.readFile('/C:/esxi', { signal }), { code: 'vsphere.certificate' });
    await lab.faults.scenario({ network });
  });

  test("a folder of ingot's that others may write to is closed before anything secret is sent", async () => {
    await operations.deleteFolder('C:\\ProgramData\\ingot', { signal });
    await operations.makeFolder('C:\\ProgramData\\ingot\\scripts', { signal });
    const fresh = await connectVmTools({ operations, signal, deadlineMs: 5000 });
    assert.equal((await fresh.state({ signal })).privateFolder, false, 'as it was found');
    assert.equal((await fresh.state({ signal })).privateFolder, true);
  });

  test('power off: unreachable, within its time', async () => {
    await govc(lab.env, 'vm.power', '-off', '-force', vm);
    const started = performance.now();
    const late = connectVmTools({ operations, signal, deadlineMs: 500 });
    await assert.rejects(late, { code: 'guest.unreachable', timedOut: true });
    assert.ok(performance.now() - started < 4000);
  });
});

const unused = () => Promise.reject(new Error('no file of a datastore is asked for'));

const source = (text: string) => ({ size: Buffer.byteLength(text), open: () => [Buffer.from(text)] });
const sftp = (path: string) => `/${path.replaceAll('\\', '/')}`;

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
