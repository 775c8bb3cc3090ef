import { access } from 'node:fs/promises';
import { reference } from '../../vcsim/soap.ts';
import { all, at, leaf, textAt, type XmlElement } from '../../xml.ts';
import { type Call, failedTask, forwardTask, type Interceptor, type ProxyContext } from '../call.ts';
import { hasNetwork } from '../inventory.ts';
import type { Answer } from '../upstream.ts';

/** First hardware version of each Windows Server guest id. */
const WINDOWS_GUESTS: Readonly<Record<string, number>> = {
  windows8Server64Guest: 8,
  windows9Guest: 10,
  windows9_64Guest: 10,
  windows9Server64Guest: 10,
  windows2019srv_64Guest: 17,
  windows2019srvNext_64Guest: 18,
  windows2022srvNext_64Guest: 20,
};

/** CreateVM_Task: refuses what vCenter refuses and vcsim takes; some of it would end vcsim. */
export const createVm: Interceptor = async (call, lab) => {
  const config = at(call.body, 'config');
  return (
    (await refuseName(call, lab, textAt(config, 'name') ?? '')) ??
    (await refuseSpec(call, lab, config)) ??
    (await forwardTask(call, lab)).answer
  );
};

/** ReconfigVM_Task's own checks are in reconfigure.ts; these hold for both. */
export async function refuseSpec(
  call: Call,
  lab: ProxyContext,
  config: XmlElement | undefined,
): Promise<Answer | undefined> {
  const guestId = textAt(config, 'guestId');
  if (guestId !== undefined) {
    const first = WINDOWS_GUESTS[guestId];
    const version = Number((textAt(config, 'version') ?? 'vmx-99').replace('vmx-', ''));
    if ((/^windows/i.test(guestId) && first === undefined) || (first ?? 0) > version || !/Guest/.test(guestId)) {
      return failedTask(
        call,
        lab,
        'InvalidArgument',
        'A specified parameter was not correct: configSpec.guestId',
        leaf('invalidProperty', 'configSpec.guestId'),
      );
    }
  }
  const secure = textAt(config, 'bootOptions', 'efiSecureBootEnabled') === 'true';
  if (secure && call.method === 'CreateVM_Task' && textAt(config, 'firmware') !== 'efi') {
    return failedTask(
      call,
      lab,
      'InvalidArgument',
      'Secure boot needs EFI firmware.',
      leaf('invalidProperty', 'configSpec.bootOptions.efiSecureBootEnabled'),
    );
  }
  for (const change of all(config, 'deviceChange')) {
    const refused = await refuseDevice(call, lab, change);
    if (refused !== undefined) return refused;
  }
  const place = textAt(config, 'files', 'vmPathName');
  if (place !== undefined && (await lab.datastores.resolve(place)) === undefined) {
    return failedTask(
      call,
      lab,
      'InvalidDatastorePath',
      `Invalid datastore path '${place}'.`,
      leaf('datastorePath', place),
    );
  }
  return undefined;
}

async function refuseDevice(call: Call, lab: ProxyContext, change: XmlElement): Promise<Answer | undefined> {
  if (textAt(change, 'operation') === 'remove') return undefined;
  const device = at(change, 'device');
  const backing = at(device, 'backing');
  const file = textAt(backing, 'fileName');
  if (device?.type === 'VirtualCdrom' && file) {
    const path = await lab.datastores.resolve(file);
    if (path === undefined || !(await isThere(path)))
      return failedTask(call, lab, 'FileNotFound', `File ${file} was not found`, leaf('file', file));
  }
  if (backing?.type === 'VirtualEthernetCardNetworkBackingInfo') {
    const name = textAt(backing, 'deviceName') ?? '';
    if (!(await hasNetwork(lab, call.self, name))) {
      return failedTask(
        call,
        lab,
        'InvalidArgument',
        `Network '${name}' does not exist.`,
        leaf('invalidProperty', 'configSpec.deviceChange.device.backing.deviceName'),
      );
    }
  }
  return undefined;
}

/** DuplicateName with the holder, if the folder has that name already. */
export async function refuseName(
  call: Call,
  lab: ProxyContext,
  name: string,
  folder = call.self,
): Promise<Answer | undefined> {
  const holder = await lab.vcsim.child(folder, name);
  if (holder === undefined || holder.value === call.self.value) return undefined;
  return failedTask(
    call,
    lab,
    'DuplicateName',
    `The name '${name}' already exists.`,
    leaf('name', name) + reference('object', holder),
  );
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
