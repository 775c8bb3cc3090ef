import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { faultOf, isFault } from './fault.ts';
import type { Datacenter } from './inventory.ts';
import { findByPath } from './inventory-path.ts';
import { notFound } from './inventory-pick.ts';
import { escapeName, nameToSend, splitPath, unescapeName } from './names.ts';
import type { ReadOptions } from './properties.ts';
import type { TaskOptions } from './task.ts';
import type { Ref } from './values.ts';
import { isRef } from './values.ts';
import type { ManagedEntityType, VirtualMachineCloneSpec, VirtualMachineConfigSpec } from './vim25.gen.ts';
import type { VmRef } from './vm.ts';
import { findByUuid } from './vm.ts';

/** A VM or template at its path below the datacenter's vm folder (names escaped where they hold `/`). */
export async function findVm(
  vc: Vsphere,
  datacenter: Datacenter,
  path: string,
  options: ReadOptions = {},
): Promise<VmRef | undefined> {
  const found = await findByPath(vc, `${datacenter.path}/vm/${path}`, options);
  return found?.type === 'VirtualMachine' ? { type: 'VirtualMachine', value: found.value } : undefined;
}

/** The VM folder at a path below the datacenter's vm folder; '' is that folder itself. Throws `vsphere.not-found`. */
export async function findFolder(
  vc: Vsphere,
  datacenter: Datacenter,
  path: string,
  options: ReadOptions = {},
): Promise<Ref<'Folder'>> {
  const names = splitPath(path);
  if (names.length === 0) return datacenter.vmFolder;
  const found = await findByPath(vc, `${datacenter.path}/vm/${names.join('/')}`, options);
  if (found?.type === 'Folder') return { type: 'Folder', value: found.value };
  const siblings = await childFolders(vc, datacenter.vmFolder, options);
  throw notFound('VM folder', path, `${datacenter.path}/vm`, siblings);
}

/** The VM folder at a path, made where it is missing. */
export async function ensureFolder(
  vc: Vsphere,
  datacenter: Datacenter,
  path: string,
  options: ReadOptions = {},
): Promise<Ref<'Folder'>> {
  let folder = datacenter.vmFolder;
  const names = splitPath(path);
  for (const [depth, name] of names.entries()) {
    const below = `${datacenter.path}/vm/${names.slice(0, depth + 1).join('/')}`;
    const found = await findByPath(vc, below, options);
    folder =
      found?.type === 'Folder'
        ? { type: 'Folder', value: found.value }
        : await createFolder(vc, folder, unescapeName(name), options);
  }
  return folder;
}

/** CreateFolder; one that is there already is returned. `name` as a person reads it, not escaped. */
export async function createFolder(
  vc: Vsphere,
  parent: Ref<'Folder'>,
  name: string,
  options: ReadOptions = {},
): Promise<Ref<'Folder'>> {
  try {
    return folderRef(await vc.call('CreateFolder', parent, { name: nameToSend(name) }, options));
  } catch (error) {
    const holder = isFault(error, 'DuplicateName') ? faultOf(error)?.details.object : undefined;
    if (isRef(holder) && holder.type === 'Folder') return folderRef(holder);
    throw error;
  }
}

/**
 * CreateVM_Task with the caller's own `instanceUuid` in the spec: it is how the VM is found again when the answer, or
 * the task, is lost.
 */
export async function createVm(
  vc: Vsphere,
  folder: Ref<'Folder'>,
  params: {
    readonly config: VirtualMachineConfigSpec & { readonly instanceUuid: string };
    readonly pool: Ref<'ResourcePool' | 'VirtualApp'>;
    readonly host?: Ref<'HostSystem'> | undefined;
  },
  options: TaskOptions = {},
): Promise<VmRef> {
  const made = () => findByUuid(vc, params.config.instanceUuid, { signal: options.signal });
  const isOurs = async (result: unknown) => isRef(result) && result.value === (await made())?.value;
  try {
    const name = params.config.name === undefined ? undefined : nameToSend(params.config.name);
    const config = { ...params.config, name };
    return await vc.task('CreateVM_Task', folder, { ...params, config }, { ...options, isOurs });
  } catch (error) {
    if (!(error instanceof IngotError && error.code === 'vsphere.lost-answer')) throw error;
    const found = await made();
    if (found === undefined) throw error;
    return found;
  }
}

/** CloneVM_Task. An unset diskMoveType copies all; from a template a pool is required. */
export function cloneVm(
  vc: Vsphere,
  vm: VmRef,
  params: { readonly folder: Ref<'Folder'>; readonly name: string; readonly spec: VirtualMachineCloneSpec },
  options: TaskOptions = {},
): Promise<VmRef> {
  return vc.task('CloneVM_Task', vm, { ...params, name: nameToSend(params.name) }, options);
}

/** MoveIntoFolder_Task. */
export async function moveIntoFolder(
  vc: Vsphere,
  folder: Ref<'Folder'>,
  entities: readonly Ref<ManagedEntityType>[],
  options: TaskOptions = {},
): Promise<void> {
  await vc.task('MoveIntoFolder_Task', folder, { list: entities }, options);
}

/** Rename_Task: the files and their folder keep their names. `name` as a person reads it. */
export async function rename(
  vc: Vsphere,
  entity: Ref<ManagedEntityType>,
  name: string,
  options: TaskOptions = {},
): Promise<void> {
  await vc.task('Rename_Task', entity, { newName: escapeName(name) }, options);
}

/** Destroy_Task: a VM goes with its files, a folder with all in it. */
export async function destroy(vc: Vsphere, entity: Ref<ManagedEntityType>, options: TaskOptions = {}): Promise<void> {
  await vc.task('Destroy_Task', entity, {}, options);
}

function folderRef({ value }: Ref): Ref<'Folder'> {
  return { type: 'Folder', value };
}

async function childFolders(vc: Vsphere, folder: Ref<'Folder'>, options: ReadOptions): Promise<string[]> {
  const { childEntity } = await vc.read(folder, ['childEntity'], options);
  const folders = (childEntity ?? []).filter(({ type }) => type === 'Folder').map(folderRef);
  return (await vc.properties(folders, ['name'], options)).map(({ name }) => name);
}
