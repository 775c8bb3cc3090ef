import type { VcsimClient } from '../../vcsim/client.ts';
import type { Moref } from '../../vcsim/soap.ts';
import { all, at, escapeXml, textAt, type XmlElement } from '../../xml.ts';

export interface DescribeOptions {
  readonly name: string | undefined;
  readonly files: readonly { readonly key: string; readonly path: string; readonly size: number }[];
  /** The export option `extraconfig`. */
  readonly extraConfig: boolean;
}

const CONTROLLERS: Readonly<Record<string, readonly [type: number, subType: string]>> = {
  VirtualIDEController: [5, ''],
  VirtualLsiLogicController: [6, 'lsilogic'],
  VirtualLsiLogicSASController: [6, 'lsilogicsas'],
  VirtualBusLogicController: [6, 'buslogic'],
  ParaVirtualSCSIController: [6, 'VirtualSCSI'],
  VirtualAHCIController: [20, 'vmware.sata.ahci'],
  VirtualNVMEController: [20, 'vmware.nvme.controller'],
  VirtualUSBXHCIController: [23, 'vmware.usb.xhci'],
};
const CARDS: Readonly<Record<string, string>> = {
  VirtualVmxnet3: 'VmxNet3',
  VirtualE1000: 'E1000',
  VirtualE1000e: 'E1000e',
};

/** An OVF descriptor of a VM as vCenter writes it (DMTF DSP0243 1.1 with VMware's extensions), as far as the lab's VMs go. */
export async function describeVm(vcsim: VcsimClient, vm: Moref, options: DescribeOptions): Promise<string> {
  const found = await vcsim.properties(
    vm,
    'name',
    'config.hardware',
    'config.guestId',
    'config.guestFullName',
    'config.version',
    'config.firmware',
    'config.annotation',
    'config.bootOptions',
    'config.extraConfig',
  );
  const hardware = found['config.hardware'];
  const devices = all(hardware, 'device');
  const disks = devices.filter(({ type }) => type === 'VirtualDisk');
  const files = options.files.map((file, i) => ({ ...file, id: `file${i + 1}` }));
  const vmdks = files.filter(({ path }) => path.endsWith('.vmdk'));
  const nvram = files.find(({ path }) => path.endsWith('.nvram'));
  const networks = new Map<XmlElement, string>();
  for (const device of devices)
    if (device.type !== undefined && device.type in CARDS) networks.set(device, await networkOf(vcsim, device));
  const name = options.name ?? found.name?.text ?? '';
  const extra = options.extraConfig ? all(found['config.extraConfig'], 'OptionValue') : [];
  const config = [
    setting('Config', 'firmware', found['config.firmware']?.text ?? 'bios'),
    setting(
      'Config',
      'bootOptions.efiSecureBootEnabled',
      textAt(found['config.bootOptions'], 'efiSecureBootEnabled') ?? 'false',
    ),
    ...extra.map((option) => setting('ExtraConfig', textAt(option, 'key') ?? '', at(option, 'value')?.text ?? '')),
    ...(nvram === undefined ? [] : [setting('ExtraConfig', 'nvram', `ovf:/file/${nvram.id}`)]),
  ];
  const annotation = found['config.annotation']?.text ?? '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<Envelope vmw:buildId="build-0" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    '  <References>',
    ...files.map(({ path, id, size }) => `    <File ovf:href="${escapeXml(path)}" ovf:id="${id}" ovf:size="${size}"/>`),
    '  </References>',
    '  <DiskSection>',
    '    <Info>Virtual disk information</Info>',
    ...disks.map((disk, i) => {
      const capacity = Number(textAt(disk, 'capacityInKB') ?? 0);
      const file = vmdks[i];
      const populated = file === undefined ? '' : ` ovf:populatedSize="${file.size}"`;
      return `    <Disk ovf:capacity="${capacity}" ovf:capacityAllocationUnits="byte * 2^10" ovf:diskId="vmdisk${i + 1}" ovf:fileRef="${file?.id ?? ''}" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"${populated}/>`;
    }),
    '  </DiskSection>',
    '  <NetworkSection>',
    '    <Info>The list of logical networks</Info>',
    ...[...new Set(networks.values())].map(
      (network) =>
        `    <Network ovf:name="${escapeXml(network)}"><Description>The ${escapeXml(network)} network</Description></Network>`,
    ),
    '  </NetworkSection>',
    `  <VirtualSystem ovf:id="${escapeXml(name)}">`,
    '    <Info>A virtual machine</Info>',
    `    <Name>${escapeXml(name)}</Name>`,
    `    <OperatingSystemSection ovf:id="1" vmw:osType="${escapeXml(found['config.guestId']?.text ?? '')}">`,
    '      <Info>The kind of installed guest operating system</Info>',
    `      <Description>${escapeXml(found['config.guestFullName']?.text ?? '')}</Description>`,
    '    </OperatingSystemSection>',
    '    <VirtualHardwareSection>',
    '      <Info>Virtual hardware requirements</Info>',
    '      <System>',
    '        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>',
    '        <vssd:InstanceID>0</vssd:InstanceID>',
    `        <vssd:VirtualSystemIdentifier>${escapeXml(name)}</vssd:VirtualSystemIdentifier>`,
    `        <vssd:VirtualSystemType>${escapeXml(found['config.version']?.text ?? '')}</vssd:VirtualSystemType>`,
    '      </System>',
    ...itemsOf(hardware, devices, networks),
    ...config,
    '    </VirtualHardwareSection>',
    ...(annotation === ''
      ? []
      : [
          '    <AnnotationSection>',
          '      <Info>A human-readable annotation</Info>',
          `      <Annotation>${escapeXml(annotation)}</Annotation>`,
          '    </AnnotationSection>',
        ]),
    '  </VirtualSystem>',
    '</Envelope>',
    '',
  ].join('\n');
}

function itemsOf(
  hardware: XmlElement | undefined,
  devices: readonly XmlElement[],
  networks: ReadonlyMap<XmlElement, string>,
): string[] {
  const items: Record<string, string>[] = [
    { Description: 'Number of Virtual CPUs', ResourceType: '3', VirtualQuantity: textAt(hardware, 'numCPU') ?? '1' },
    { Description: 'Memory Size', ResourceType: '4', VirtualQuantity: textAt(hardware, 'memoryMB') ?? '32' },
  ];
  const instances = new Map<string, string>();
  const add = (device: XmlElement, item: Record<string, string>) => {
    instances.set(textAt(device, 'key') ?? '', String(items.length + 1));
    items.push(item);
  };
  const parentOf = (device: XmlElement): Record<string, string> => {
    const parent = instances.get(textAt(device, 'controllerKey') ?? '');
    return parent === undefined ? {} : { AddressOnParent: textAt(device, 'unitNumber') ?? '0', Parent: parent };
  };
  for (const device of devices) {
    const controller = CONTROLLERS[device.type ?? ''];
    if (controller === undefined) continue;
    const [ResourceType, ResourceSubType] = controller;
    const subType: Record<string, string> = ResourceSubType === '' ? {} : { ResourceSubType };
    const bus = textAt(device, 'busNumber') ?? '0';
    add(device, { Address: bus, Description: device.type ?? '', ResourceType: String(ResourceType), ...subType });
  }
  let disks = 0;
  for (const device of devices) {
    const network = networks.get(device);
    if (network !== undefined) {
      const ResourceSubType = CARDS[device.type ?? ''] ?? '';
      add(device, {
        AutomaticAllocation: 'true',
        Connection: network,
        Description: 'NIC',
        ResourceSubType,
        ResourceType: '10',
      });
    } else if (device.type === 'VirtualDisk') {
      disks += 1;
      const HostResource = `ovf:/disk/vmdisk${disks}`;
      add(device, { ...parentOf(device), Description: 'Hard disk', HostResource, ResourceType: '17' });
    } else if (device.type === 'VirtualCdrom') {
      const ResourceSubType = 'vmware.cdrom.remotepassthrough';
      const automatic = { AutomaticAllocation: 'false' };
      add(device, { ...parentOf(device), ...automatic, Description: 'CD/DVD', ResourceSubType, ResourceType: '15' });
    }
  }
  return items.map((item, i) =>
    itemOf({ ...item, ElementName: `${item.Description} ${i + 1}`, InstanceID: String(i + 1) }),
  );
}

/** The elements of CIM_ResourceAllocationSettingData stand in the order of the alphabet. */
function itemOf(values: Readonly<Record<string, string>>): string {
  const children = Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `<rasd:${name}>${escapeXml(value)}</rasd:${name}>`);
  return `      <Item>${children.join('')}</Item>`;
}

function setting(element: 'Config' | 'ExtraConfig', key: string, value: string): string {
  return `      <vmw:${element} ovf:required="false" vmw:key="${escapeXml(key)}" vmw:value="${escapeXml(value).replaceAll('\n', '&#10;')}"/>`;
}

async function networkOf(vcsim: VcsimClient, device: XmlElement): Promise<string> {
  const backing = at(device, 'backing');
  const key = textAt(backing, 'port', 'portgroupKey');
  if (key === undefined) return textAt(backing, 'deviceName') ?? '';
  const { name } = await vcsim.properties({ type: 'DistributedVirtualPortgroup', value: key }, 'name');
  return name?.text ?? key;
}
