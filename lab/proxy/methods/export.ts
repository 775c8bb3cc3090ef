import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { packDisk } from '../../guest/disk-image.ts';
import type { Disk } from '../../guest/windows.ts';
import { type Moref, readMoref, reference } from '../../vcsim/soap.ts';
import { all, at, leaf, node, textAt, type XmlElement } from '../../xml.ts';
import { answer, type Call, fault, forward, type Interceptor, type ProxyContext } from '../call.ts';
import { describeVm } from '../nfc/describe.ts';
import type { LeaseFile } from '../nfc/lease.ts';
import { GRAIN, grainsOf, writeVmdk } from '../nfc/vmdk.ts';
import type { Answer } from '../upstream.ts';

/** What the NVRAM of a VM is here: vcsim keeps none. */
const NVRAM = Buffer.from('MRVN lab');

/** ExportVm: of a VM that is off; a template too, unless the scenario has a vCenter that refuses it. */
export const exportVm: Interceptor = async (call, lab) => {
  if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
  const found = await lab.vcsim.properties(call.self, 'runtime.powerState', 'config.template');
  if (found['runtime.powerState']?.text !== 'poweredOff') {
    const detail = leaf('requestedState', 'poweredOff') + leaf('existingState', 'poweredOn');
    return fault('InvalidPowerState', 'The attempted operation cannot be performed in the current state.', detail);
  }
  if (found['config.template']?.text === 'true' && lab.scenario.scenario.nfc?.templates === 'refused')
    return fault('InvalidState', 'The operation is not allowed in the current state.');
  return begin(call, lab, call.self, lab.machines.of(call.self).disk);
};

/** ExportSnapshot: the disk of that moment; the VM may be on. */
export const exportSnapshot: Interceptor = async (call, lab) => {
  if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
  const owner = lab.machines.all().find((machine) => machine.snapshots.has(call.self.value));
  const frozen = owner?.snapshots.get(call.self.value);
  if (owner === undefined || frozen === undefined)
    return fault('ManagedObjectNotFound', 'The object has already been deleted or has not been completely created');
  return begin(call, lab, owner.vm, frozen.disk);
};

/** A power-on or a deletion waits until the VM has no open lease (vSphere API, HttpNfcLease). */
export function unlessLeased(work: Interceptor): Interceptor {
  return async (call, lab) => leased(call, lab) ?? work(call, lab);
}

function leased(call: Call, lab: ProxyContext): Answer | undefined {
  const lease = lab.leases.of(call.self);
  if (lease === undefined) return undefined;
  return fault('TaskInProgress', 'Another task is already in progress.', reference('task', lease.task));
}

/** CreateDescriptor of a VM. */
export const createDescriptor: Interceptor = async (call, lab) => {
  if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
  const vm = readMoref(at(call.body, 'obj'));
  if (vm === undefined) return fault('InvalidRequest', 'Required property obj is missing');
  const params = at(call.body, 'cdp');
  const options = all(params, 'exportOption').map(({ text }) => text.trim());
  const descriptor = await describeVm(lab.vcsim, vm, {
    name: textAt(params, 'name'),
    files: all(params, 'ovfFiles').map((file) => ({
      key: textAt(file, 'deviceId') ?? '',
      path: textAt(file, 'path') ?? '',
      size: Number(textAt(file, 'size') ?? 0),
    })),
    extraConfig: options.includes('extraconfig') && lab.scenario.scenario.nfc?.extraConfig !== 'dropped',
  });
  return answer(call.method, node('returnval', leaf('ovfDescriptor', descriptor)));
};

async function begin(call: Call, lab: ProxyContext, vm: Moref, disk: Disk): Promise<Answer> {
  const refused = leased({ ...call, self: vm }, lab);
  if (refused !== undefined) return refused;
  const { initializing, padMegabytes = 0 } = lab.scenario.scenario.nfc ?? {};
  const lease = await lab.leases.begin(vm, () => Promise.resolve());
  const prepare = async () => {
    if (initializing === 'hangs') return;
    // A client sees it initializing first.
    await delay(1);
    if (initializing === 'fails') {
      const detail = leaf('file', '[LocalDS_0] disk.vmdk');
      await lease.fail(node('fault', detail, 'FileFault') + leaf('localizedMessage', 'A disk cannot be read.'));
      return;
    }
    const devices =
      (await lab.vcsim.properties(vm, 'config.hardware.device'))['config.hardware.device']?.children ?? [];
    const disks = devices.filter((device) => device.type === 'VirtualDisk');
    const files = disks.map((device, i) =>
      diskFile(vm, device, i, i === 0 ? packDisk(disk) : Buffer.alloc(0), padMegabytes),
    );
    const firmware = (await lab.vcsim.properties(vm, 'config.firmware'))['config.firmware']?.text;
    await lease.ready(firmware === 'efi' ? [...files, nvramFile(vm)] : files, await nfcUrls(lab, lease.id));
  };
  prepare().catch((error: unknown) => lab.log(`proxy: the lease of ${vm.value}: ${String(error)}`));
  return answer(call.method, reference('returnval', { type: 'HttpNfcLease', value: lease.id }));
}

function diskFile(vm: Moref, device: XmlElement, i: number, head: Buffer, padMegabytes: number): LeaseFile {
  const capacityBytes = Number(textAt(device, 'capacityInKB') ?? 0) * 1024;
  const megabytes = i === 0 ? padMegabytes : 0;
  async function* grains(): AsyncGenerator<Buffer> {
    yield* grainsOf(head);
    // What cannot be compressed, so that so much really goes over the wire.
    const grain = randomBytes(GRAIN);
    for (let at = 0; at < megabytes * 2 ** 20; at += GRAIN) yield grain;
  }
  const key = deviceKey(vm.value, device, i);
  return {
    key,
    importKey: key,
    name: `disk-${i}.vmdk`,
    disk: true,
    capacityBytes,
    estimate: head.length + megabytes * 2 ** 20 + 2 ** 20,
    content: () => writeVmdk(capacityBytes, grains()),
  };
}

function nvramFile(vm: Moref): LeaseFile {
  async function* content(): AsyncGenerator<Buffer> {
    yield NVRAM;
  }
  const key = `/${vm.value}/nvram`;
  return { key, importKey: key, name: 'file-1.nvram', disk: false, capacityBytes: 0, estimate: NVRAM.length, content };
}

function deviceKey(vm: string, device: XmlElement, i: number): string {
  return `/${vm}/VirtualDisk${textAt(device, 'controllerKey') ?? ''}:${textAt(device, 'unitNumber') ?? i}`;
}

/** Where the files of a lease are: at vCenter, or at the ESXi host, whose thumbprint vCenter tells. */
export async function nfcUrls(
  lab: ProxyContext,
  id: string,
): Promise<(file: LeaseFile) => { readonly url: string; readonly thumbprint: string }> {
  const { host } = lab.scenario.scenario.nfc ?? {};
  const origin = host === undefined ? 'https://*' : await lab.esxi.origin(lab);
  const own = lab.esxi.thumbprint;
  const thumbprint =
    host === undefined ? '' : host === 'esxi' ? own : own.replace(/^../, own.startsWith('00') ? '01' : '00');
  return ({ name }) => ({ url: `${origin}/nfc/${encodeURIComponent(id)}/${encodeURIComponent(name)}`, thumbprint });
}
