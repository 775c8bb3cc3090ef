import type { Vsphere } from './connect.ts';
import { inventoryPath, traversal } from './inventory-path.ts';
import { sameName, unescapeName } from './names.ts';
import { type ReadOptions, retrieve } from './properties.ts';
import type { Ref } from './values.ts';

/** A VM or template with the files in its CD drives. */
export interface VmDrives {
  readonly name: string;
  /** `[datastore] path` of each ISO, connected or not. */
  readonly isos: readonly string[];
}

const WAYS = [
  traversal('children', 'Folder', 'childEntity', ['children', 'vm folder', 'vapp', 'nested vapps']),
  traversal('vm folder', 'Datacenter', 'vmFolder', ['children', 'vapp', 'nested vapps']),
  traversal('vapp', 'VirtualApp', 'vm', []),
  traversal('nested vapps', 'VirtualApp', 'resourcePool', ['vapp', 'nested vapps']),
];

/**
 * The CD drives of all VMs and templates of a vCenter that the account may see, those in vApps included. The server
 * cannot be asked for drives only, so this reads the whole hardware: some 10 KB a VM. One whose configuration vCenter
 * cannot read has none.
 */
export async function readDrives(vc: Vsphere, options: ReadOptions = {}): Promise<readonly VmDrives[]> {
  const contents = await readAll(vc, ['name', 'config.hardware.device'], options);
  return contents.map(({ propSet = [] }) => {
    const value = (path: string): unknown => propSet.find(({ name }) => name === path)?.val;
    const devices = value('config.hardware.device');
    return { name: String(value('name')), isos: Array.isArray(devices) ? devices.flatMap(isoOf) : [] };
  });
}

/** A VM or template, and its inventory path. */
export interface VmAtPath {
  readonly vm: Ref<'VirtualMachine'>;
  readonly path: string;
}

/** All VMs and templates of a name that the account may see, in all datacenters; sorted by their paths. */
export async function vmsNamed(vc: Vsphere, name: string, options: ReadOptions = {}): Promise<readonly VmAtPath[]> {
  const all = await readAll(vc, ['name'], options);
  const named = all.filter(({ propSet = [] }) => sameName(String(propSet[0]?.val), name));
  const vms = named.map(({ obj }): Ref<'VirtualMachine'> => ({ type: 'VirtualMachine', value: obj.value }));
  const found = await Promise.all(vms.map(async (vm) => ({ vm, path: await inventoryPath(vc, vm, options) })));
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Names of all VMs and templates that the account may see, each once; as a person reads them. */
export async function vmNames(vc: Vsphere, options: ReadOptions = {}): Promise<readonly string[]> {
  const all = await readAll(vc, ['name'], options);
  return [...new Set(all.map(({ propSet = [] }) => unescapeName(String(propSet[0]?.val))))];
}

function readAll(vc: Vsphere, pathSet: string[], options: ReadOptions) {
  const objectSet = [{ obj: vc.content.rootFolder, skip: false, selectSet: WAYS }];
  return retrieve(vc.session, [{ propSet: [{ type: 'VirtualMachine', pathSet }], objectSet }], options);
}

/** The ISO of a CD drive; a device that is none, or whose drive is empty, gives nothing. */
function isoOf(device: unknown): string[] {
  const { $type, backing } = asRecord(device);
  const { fileName } = asRecord(backing);
  return $type === 'VirtualCdrom' && typeof fileName === 'string' && fileName !== '' ? [fileName] : [];
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
