import type { VcsimClient } from './vcsim/client.ts';
import type { Moref } from './vcsim/soap.ts';
import { all, leaf, node, textAt, writeXml, type XmlElement } from './xml.ts';

/** What a snapshot or a clone must carry over of a VM's configuration, and vcsim does not. */
export interface SavedConfig {
  readonly annotation: string;
  readonly numCpu: string;
  readonly memoryMB: string;
  readonly cdroms: readonly XmlElement[];
  readonly extraConfig: ReadonlyMap<string, XmlElement>;
  readonly bootOptions: XmlElement | undefined;
  readonly firmware: string;
}

/** Reads it from a VM. */
export async function readConfig(vcsim: VcsimClient, vm: Moref): Promise<SavedConfig> {
  const found = await vcsim.properties(
    vm,
    'config.annotation',
    'config.hardware',
    'config.extraConfig',
    'config.bootOptions',
    'config.firmware',
  );
  const hardware = found['config.hardware'];
  return {
    annotation: found['config.annotation']?.text ?? '',
    numCpu: textAt(hardware, 'numCPU') ?? '',
    memoryMB: textAt(hardware, 'memoryMB') ?? '',
    cdroms: all(hardware, 'device').filter((device) => device.type === 'VirtualCdrom'),
    extraConfig: new Map(
      all(found['config.extraConfig'], 'OptionValue').map((option) => [textAt(option, 'key') ?? '', option]),
    ),
    bootOptions: found['config.bootOptions'],
    firmware: found['config.firmware']?.text ?? 'bios',
  };
}

/** Brings a VM to a saved configuration, in one ReconfigVM_Task, together with further `deviceChange` markup. */
export async function writeConfig(
  vcsim: VcsimClient,
  vm: Moref,
  saved: SavedConfig,
  moreDeviceChanges = '',
): Promise<void> {
  const now = await readConfig(vcsim, vm);
  const options = [...saved.extraConfig.values()].map((option) => writeXml(option, 'extraConfig'));
  for (const key of now.extraConfig.keys()) {
    if (!saved.extraConfig.has(key))
      options.push(node('extraConfig', leaf('key', key) + leaf('value', '', 'string'), 'OptionValue'));
  }
  const devices = [
    ...now.cdroms
      .filter((cdrom) => find(saved.cdroms, cdrom) === undefined)
      .map((cdrom) => deviceChange('remove', cdrom)),
    ...saved.cdroms.map((cdrom) =>
      deviceChange(find(now.cdroms, cdrom) === undefined ? 'add' : 'edit', cdrom, find(now.cdroms, cdrom)),
    ),
  ];
  await vcsim.reconfigure(
    vm,
    leaf('annotation', saved.annotation) +
      leaf('numCPUs', saved.numCpu) +
      leaf('memoryMB', saved.memoryMB) +
      devices.join('') +
      moreDeviceChanges +
      options.join('') +
      (saved.bootOptions === undefined ? '' : writeXml({ ...saved.bootOptions, type: undefined }, 'bootOptions')) +
      leaf('firmware', saved.firmware),
  );
}

/** The drive at the same place. */
function find(cdroms: readonly XmlElement[], like: XmlElement): XmlElement | undefined {
  return cdroms.find(
    (cdrom) =>
      textAt(cdrom, 'controllerKey') === textAt(like, 'controllerKey') &&
      textAt(cdrom, 'unitNumber') === textAt(like, 'unitNumber'),
  );
}

/** A VirtualDeviceConfigSpec as an element of `deviceChange`; with `existing` under that device's key. */
export function deviceChange(operation: 'add' | 'edit' | 'remove', device: XmlElement, existing?: XmlElement): string {
  const key = existing === undefined ? undefined : textAt(existing, 'key');
  const written =
    key === undefined
      ? device
      : {
          ...device,
          children: device.children.map((child) => (child.name === 'key' ? { ...child, text: key } : child)),
        };
  return node('deviceChange', leaf('operation', operation) + writeXml(written, 'device'), 'VirtualDeviceConfigSpec');
}
