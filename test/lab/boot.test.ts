import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningLab, startLab } from '../../lab/client.ts';
import { autounattend } from './support/answer.ts';
import { createVm, guestinfo, until, untilScreen, type VmOptions } from './support/guest.ts';
import { temporaryFolder } from './support/media.ts';
import { morefOf, type Reply, SoapSession, send } from './support/soap.ts';
import { collect, govc, PATH } from './support/tools.ts';

process.env.PATH = PATH;
const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z In\(05\) (vmx|vcpu-0) - (.+)$/;
const VCSIM = /^vmx \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /;
const CDROM = 'Guest: About to do EFI boot: EFI VMware Virtual SATA CDROM Drive (0.0)';
const WINDOWS = 'Guest: About to do EFI boot: Windows Boot Manager';
const NO_MEDIA = 'Guest: Status upon boot failure: No Media';
const TIME_OUT = 'Guest: Status upon boot failure: Time out';

describe('booting, as vmware.log tells it', () => {
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

  const make = (name: string, options: Partial<VmOptions> = {}) =>
    createVm(lab, { name, folder: folder.path, controller: 'sata', ...options });
  const prompting = { prompt: true };

  /** A file of a VM's folder over /folder. */
  function get(vm: string, headers: Record<string, string> = {}, name = 'vmware.log'): Promise<Reply> {
    const path = `/folder/${vm.split('/').at(-1)}/${name}?dcPath=DC0&dsName=LocalDS_0`;
    return send(lab, path, { headers: { cookie: soap.cookie, ...headers } });
  }

  /** The log's lines without time and thread; all but vcsim's own must have ESXi's shape. */
  async function log(vm: string, name?: string): Promise<string[]> {
    const { status, body } = await get(vm, {}, name);
    assert.equal(status, 200);
    return body
      .trimEnd()
      .split('\n')
      .filter((line) => !VCSIM.test(line))
      .map((line) => LINE.exec(line)?.[2] ?? assert.fail(line));
  }

  async function untilLogged(vm: string, words: string, count = 1): Promise<string[]> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const lines = await log(vm);
      if (lines.filter((line) => line.includes(words)).length >= count) return lines;
      assert.ok(Date.now() < deadline, lines.join('\n'));
    }
  }

  const pressKey = (vm: string) => govc(lab.env, 'vm.keystrokes', '-vm', vm, '-s', 'x');
  const power = (vm: string, ...flags: string[]) => govc(lab.env, 'vm.power', ...flags, vm);

  test('nobody presses a key: the prompt runs out, and the VM stays at the boot manager until it is reset', async () => {
    const vm = await make('missed', { windows: prompting });
    await power(vm, '-on');
    const first = await untilLogged(vm, 'OsNotFound');
    assert.match(first[0] ?? '', /^Log for VMware ESX pid=\d+ version=VMware ESXi 8/);
    assert.deepEqual(first.slice(1, 6), [NO_MEDIA, CDROM, TIME_OUT, NO_MEDIA, NO_MEDIA]);
    assert.match(first.at(-1) ?? '', /^\[msg\.Backdoor\.OsNotFound\] No operating system was found\. If you have/);
    await pressKey(vm);
    await untilScreen(lab, /No operating system was found/);

    await power(vm, '-reset');
    await untilLogged(vm, CDROM, 2);
    await pressKey(vm);
    await until(lab, vm, 'guest.ipAddress', (value) => value !== '');
    const second = await log(vm);
    assert.deepEqual(second.slice(0, first.length), first);
    assert.deepEqual(second.slice(first.length), [
      'VMAutomation_Reset. Trying hard reset',
      'CPU reset: hard',
      NO_MEDIA,
      CDROM,
      'CPU reset: soft (mode 1)',
      WINDOWS,
    ]);

    await power(vm, '-off');
    await power(vm, '-on');
    assert.deepEqual(await log(vm, 'vmware-0.log'), second);
    await until(lab, vm, 'guest.ipAddress', (value) => value !== '');
    assert.deepEqual((await log(vm)).slice(1), [WINDOWS]);
    await power(vm, '-off');
  });

  test('a key that comes before the prompt is lost', async () => {
    await lab.faults.scenario({ boot: { promptAfter: 1500 } });
    const vm = await make('early', { windows: prompting });
    await power(vm, '-on');
    await untilLogged(vm, CDROM);
    await pressKey(vm);
    await untilLogged(vm, TIME_OUT);
    await lab.faults.scenario({});
    await power(vm, '-off');
  });

  test('the log can be read from where it ended before; not if another host holds it', async () => {
    const vm = await make('locked', { windows: prompting });
    await power(vm, '-on');
    const whole = (await get(vm)).body;
    const rest = await get(vm, { range: 'bytes=10-' });
    assert.equal(rest.status, 206);
    assert.ok(rest.body.startsWith(whole.slice(10)));
    await lab.faults.scenario({ boot: { vmwareLog: 'locked' } });
    assert.equal((await get(vm)).status, 500);
    await power(vm, '-off');
    assert.equal((await get(vm)).status, 200);
    await lab.faults.scenario({});
  });

  test('a disc without a prompt boots at once; BIOS does not ask on an empty disk, and tells nothing', async () => {
    const efi = await make('no-prompt');
    await power(efi, '-on');
    assert.deepEqual((await untilLogged(efi, WINDOWS)).slice(1), [
      NO_MEDIA,
      CDROM,
      'CPU reset: soft (mode 1)',
      WINDOWS,
    ]);
    await power(efi, '-off');
    const bios = await make('bios', { windows: prompting, firmware: 'bios', answer: autounattend() });
    await power(bios, '-on');
    await untilScreen(lab, /0x80042565/); // it booted: the layout is one for EFI
    assert.equal((await log(bios)).length, 1);
    await power(bios, '-off');
  });

  test('CDs before disks, if the boot order says so', async () => {
    const vm = await make('order', { windows: prompting });
    await govc(lab.env, 'device.boot', '-vm', vm, '-order', 'cdrom,disk');
    await power(vm, '-on');
    assert.deepEqual((await untilLogged(vm, 'OsNotFound')).slice(1, 6), [
      CDROM,
      TIME_OUT,
      NO_MEDIA,
      NO_MEDIA,
      NO_MEDIA,
    ]);
    await power(vm, '-off');
  });

  test('Setup that stopped after its restart never goes on', async () => {
    const vm = await make('broken', { answer: { computerName: 'NAME_WITH_LOW_LINE' } });
    await power(vm, '-on');
    await untilScreen(lab, /for pass \[specialize\]/);
    await power(vm, '-reset');
    await untilScreen(lab, /The computer restarted unexpectedly or encountered an unexpected error/);
    assert.deepEqual((await log(vm)).slice(-2), ['CPU reset: hard', WINDOWS]);
    assert.equal(await guestinfo(lab, vm, 'bootstrap'), undefined);
    assert.equal(await collect(lab.env, vm, 'guest.toolsRunningStatus'), 'guestToolsNotRunning');
    const self = await morefOf(soap, vm);
    assert.equal((await lab.guests()).find((guest) => self.endsWith(`:${guest.vm}`))?.installed, false);
  });
});
