import type { ScenarioState } from '../scenario.ts';
import { at, textAt, type XmlElement } from '../xml.ts';
import type { Publisher } from './publisher.ts';
import type { Disk, Windows } from './windows.ts';

/** What vCenter has VMware Tools do at the next start: Sysprep with these answers; or it is done, and only to be told. */
export type Customization =
  | { readonly state: 'pending'; readonly computerName: string; readonly password: string | undefined }
  | { readonly state: 'applied' };

/** Of a CustomizationSpec's markup; undefined where that is not for Windows. */
export function readCustomization(spec: XmlElement | undefined, vmName: string): Customization | undefined {
  const identity = at(spec, 'identity');
  if (identity?.type !== 'CustomizationSysprep') return undefined;
  const name = at(identity, 'userData', 'computerName');
  const base = name?.type === 'CustomizationFixedName' ? textAt(name, 'name') : vmName;
  const password = at(identity, 'guiUnattended', 'password');
  const plain = textAt(password, 'plainText') === 'true' || textAt(password, 'plainText') === '1';
  return {
    state: 'pending',
    computerName: (base ?? vmName).slice(0, 15),
    // One that vCenter has encrypted the lab cannot read: it is the text itself.
    password: textAt(password, 'value') ?? (plain ? '' : undefined),
  };
}

/**
 * Guest customization, once Windows and VMware Tools run: Sysprep with vCenter's answer file, a restart, and the word that
 * it is through, in GuestInfo.customizationInfo (vSphere API, GuestInfoCustomizationStatus). True when Windows has to
 * restart for it.
 */
export async function customize(
  disk: Disk,
  windows: Windows,
  publisher: Publisher,
  { scenario }: ScenarioState,
): Promise<boolean> {
  const todo = disk.customization;
  if (todo === undefined || windows.services.get('VMTools')?.status !== 'Running') return false;
  disk.customization = undefined;
  if (todo.state === 'applied') {
    await publisher.customization('TOOLSDEPLOYPKG_SUCCEEDED');
    return false;
  }
  await publisher.customization('TOOLSDEPLOYPKG_RUNNING');
  const { fails, hangs = false } = scenario.customization ?? {};
  if (hangs) return false;
  if (fails !== undefined) {
    await publisher.customization('TOOLSDEPLOYPKG_FAILED', fails);
    return false;
  }
  windows.generalizations += 1;
  windows.computerName = todo.computerName;
  // Sysprep takes it away; without one in the answer file OOBE would ask for it.
  windows.administratorPassword = todo.password ?? '';
  disk.customization = { state: 'applied' };
  return true;
}
