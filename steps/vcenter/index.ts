import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import { keys, type Names, type Role } from '../../image/names.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { cloneVm, createVm } from '../../vsphere/folder.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import { escapeName } from '../../vsphere/names.ts';
import { flattenSnapshots, type SnapshotRef } from '../../vsphere/snapshot.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { VirtualMachineCloneSpec, VirtualMachineConfigSpec } from '../../vsphere/vim25.gen.ts';
import { markAsTemplate } from '../../vsphere/vm.ts';
import type { Needed } from '../privileges/compute.ts';
import type { PlacedObjects } from '../privileges/placed.ts';
import { checkPrivileges, guestIdOf } from './checks.ts';
import { type DatastoreFiles, datastoreFiles } from './files.ts';
import { type Hardware, readHardware } from './hardware.ts';
import { type Look, lookUp } from './look.ts';
import type { Machine } from './machine.ts';
import { type VcenterMedia, vcenterMedia } from './media.ts';
import { findPlacement, type Placement } from './placement.ts';
import { pruneTemplates, swapNames } from './publish.ts';
import { datastoreFor } from './storage-drs.ts';
import { vmMachine } from './vm-machine.ts';

/** vCenter as the steps see it: the few things of one image, by role, and only those that carry its name. */
export interface Vcenter {
  readonly vc: Vsphere;
  /** Product and version, for a person. */
  readonly about: string;
  readonly files: DatastoreFiles;
  readonly media: VcenterMedia;
  placement(signal: AbortSignal): Promise<Placement>;
  /** The VM of a role, freshly looked up when it is not known. @throws IngotError `vm.not-ours` */
  look(role: Role, signal: AbortSignal): Promise<Look | undefined>;
  /** What is known of a role's VM is old: it was changed as a whole. */
  forget(role: Role): void;
  find(role: Role, signal: AbortSignal): Promise<Machine | undefined>;
  /** @throws IngotError `vm.missing` when there is none */
  master(signal: AbortSignal): Promise<Machine>;
  candidate(signal: AbortSignal): Promise<Machine>;
  template(signal: AbortSignal): Promise<Machine>;
  machine(role: Role, signal: AbortSignal): Promise<Machine>;
  /** @param specOn the spec on a datastore; on none while Storage DRS is asked for it */
  createMaster(
    specOn: (datastoreName: string | undefined) => VirtualMachineConfigSpec & { readonly instanceUuid: string },
    signal: AbortSignal,
  ): Promise<Machine>;
  /** Makes the master a clone of what is not ours, which stays as it is; `linked` on the disks of the snapshot. */
  cloneToMaster(
    source: { readonly vm: Ref<'VirtualMachine'>; readonly name: string },
    spec: Pick<VirtualMachineCloneSpec, 'snapshot' | 'config' | 'customization'> & { readonly linked: boolean },
    signal: AbortSignal,
  ): Promise<Machine>;
  /** The VM that was just deployed under the master's name. */
  adoptMaster(vm: Ref<'VirtualMachine'>): Machine;
  /** @throws IngotError `vm.snapshot-missing` when the master has none of that name */
  masterSnapshot(name: string, signal: AbortSignal): Promise<SnapshotRef>;
  cloneMaster(build: string, snapshot: SnapshotRef, signal: AbortSignal): Promise<Machine>;
  /** A clone of the candidate for the smoke test: upon its snapshot if one is given (linked), else of all its disks. */
  cloneCandidate(build: string, snapshot: SnapshotRef | undefined, signal: AbortSignal): Promise<Machine>;
  destroy(role: Role, signal: AbortSignal): Promise<void>;
  hardwareOf(vm: Ref<'VirtualMachine'>, signal: AbortSignal): Promise<Hardware>;
  /** The first of these guest OS ids that the compute knows for the hardware version. */
  guestId(ids: readonly string[], version: number, signal: AbortSignal): Promise<string>;
  /** Whether the account has these rights, on what the image is placed on and on these objects. */
  checkPrivileges(wanted: readonly Needed[], more: PlacedObjects, signal: AbortSignal): Promise<void>;
  /**
   * Turns the candidate into the template: marks, moves the one of before aside, renames, keeps as many old ones. The name
   * that the one of before has now; null if there was none.
   */
  publish(
    former: string,
    keep: number,
    tell: { progress(message: string): void; warn(message: string): void },
    signal: AbortSignal,
  ): Promise<string | null>;
  /** Gives the template its name when an earlier build broke off between the two renamings of `publish`. True if it did. */
  endSwap(signal: AbortSignal): Promise<boolean>;
}

export interface VcenterOptions {
  readonly image: Image;
  readonly names: Names;
  /** Path on this machine for a screenshot of a VM. */
  screenshotPath(name: string): string;
  warn(message: string): void;
}

export function vcenterOf(vc: Vsphere, { image, names, screenshotPath, warn }: VcenterOptions): Vcenter {
  const taskMs = image.timeouts.task;
  const task = (signal: AbortSignal, what: string) => ({ signal, deadlineMs: taskMs, what });
  let place: Promise<Placement> | undefined;
  const placement = (signal: AbortSignal) => {
    place ??= findPlacement(vc, image, signal);
    return place;
  };
  const findDatastore = async (name: string, signal: AbortSignal) => {
    const { datastore, datacenterPath } = await placement(signal);
    if (name === '' || name === datastore.name) return datastore;
    return (await openDatacenter(vc, datacenterPath, { signal })).datastore(name);
  };
  const files = datastoreFiles(vc, findDatastore);
  const machineOf = (vm: Ref<'VirtualMachine'>, name: string) =>
    vmMachine({ vc, taskMs, files, screenshotPath }, vm, name);
  const known = new Map<Role, Promise<Look | undefined>>();
  const look = (role: Role, signal: AbortSignal) => {
    const found =
      known.get(role) ??
      placement(signal).then(({ folderPath, templateFolderPath }) => {
        const folder = role === 'master' ? folderPath : templateFolderPath;
        return lookUp(vc, `${folder}/${escapeName(names[role])}`, { image: image.name, role }, machineOf, signal);
      });
    known.set(role, found);
    return found;
  };
  const required = async (role: Role, signal: AbortSignal) => {
    const found = await look(role, signal);
    if (found !== undefined) return found.machine;
    throw new IngotError('vm.missing', `expected the VM ${names[role]}, found none`, {
      remedy: 'it was deleted or renamed while the build ran: build again',
    });
  };
  const made = (role: Role, vm: Ref<'VirtualMachine'>): Machine => {
    const machine = machineOf(vm, names[role]);
    known.set(role, Promise.resolve(fresh(machine, false)));
    return machine;
  };
  /** Clones to the VM of a role, where it belongs; `spec.location` names all but the datastore. */
  const cloneTo = async (
    role: 'master' | 'candidate' | 'smoke',
    source: { readonly vm: Ref<'VirtualMachine'>; readonly name: string },
    spec: VirtualMachineCloneSpec,
    signal: AbortSignal,
  ): Promise<Machine> => {
    const place = await placement(signal);
    const folder = role === 'master' ? place.folder : place.templateFolder;
    const name = names[role];
    const request = { type: 'clone', vm: source.vm, name, folder, spec } as const;
    const { ref: datastore } = await datastoreFor(vc, place, request, { warn, signal });
    const params = { folder, name, spec: { ...spec, location: { ...spec.location, datastore } } };
    const options = { ...task(signal, `cloning ${source.name}`), deadlineMs: image.timeouts.clone };
    return made(role, await cloneVm(vc, source.vm, params, options));
  };
  const published = ({ vm }: Machine): void => {
    known.set('candidate', Promise.resolve(undefined));
    known.set('template', Promise.resolve(fresh(machineOf(vm, names.template), true)));
  };

  return {
    vc,
    about: `${vc.content.about.fullName}, API ${vc.apiVersion}`,
    files,
    media: vcenterMedia(vc, findDatastore),
    placement,
    look,
    forget: (role) => void known.delete(role),
    find: async (role, signal) => (await look(role, signal))?.machine,
    master: (signal) => required('master', signal),
    candidate: (signal) => required('candidate', signal),
    template: (signal) => required('template', signal),
    machine: required,
    async createMaster(specOn, signal) {
      const place = await placement(signal);
      const { folder, pool, host } = place;
      const request = { type: 'create', folder, config: specOn(undefined) } as const;
      const config = specOn((await datastoreFor(vc, place, request, { warn, signal })).name);
      return made(
        'master',
        await createVm(vc, folder, { config, pool, host }, task(signal, `creating ${names.master}`)),
      );
    },
    async cloneToMaster(source, { linked, ...asked }, signal) {
      const { pool, host } = await placement(signal);
      const move = linked ? { diskMoveType: 'createNewChildDiskBacking' } : {};
      const spec = { location: { ...move, pool, host }, template: false, powerOn: false, ...asked };
      return cloneTo('master', source, spec, signal);
    },
    adoptMaster: (vm) => made('master', vm),
    async masterSnapshot(name, signal) {
      const { vm, name: master } = await required('master', signal);
      const { 'snapshot.rootSnapshotList': roots } = await vc.read(vm, ['snapshot.rootSnapshotList'], { signal });
      const found = flattenSnapshots(roots).find((snapshot) => snapshot.name === name);
      if (found !== undefined) return found.snapshot;
      throw new IngotError('vm.snapshot-missing', `expected the snapshot “${name}” of ${master}, found none`, {
        remedy: 'somebody deleted it while the build ran: build again',
      });
    },
    async cloneMaster(build, snapshot, signal) {
      const { pool, host } = await placement(signal);
      const source = await required('master', signal);
      const extraConfig = [
        { key: keys.image, value: image.name },
        { key: keys.build, value: build },
        { key: keys.role, value: 'candidate' },
      ];
      const spec = { location: { pool, host }, template: false, powerOn: false, snapshot, config: { extraConfig } };
      return cloneTo('candidate', source, spec, signal);
    },
    async cloneCandidate(build, snapshot, signal) {
      const place = await placement(signal);
      const source = await required('candidate', signal);
      const { smokeCloneSpec } = await import('./smoke-clone.ts');
      const spec = await smokeCloneSpec(vc, source.vm, { place, image: image.name, build, snapshot }, signal);
      return cloneTo('smoke', source, spec, signal);
    },
    async destroy(role, signal) {
      await (await required(role, signal)).destroy(signal);
      known.set(role, Promise.resolve(undefined));
    },
    hardwareOf: (vm, signal) => readHardware(vc, vm, signal),
    guestId: async (ids, version, signal) => guestIdOf(vc, await placement(signal), ids, version, signal),
    checkPrivileges: async (wanted, more, signal) => {
      const { objects } = await placement(signal);
      await checkPrivileges(vc, { ...objects, ...more }, image.vcenter.username, wanted, signal);
    },
    async publish(former, keep, { progress, warn }, signal) {
      const candidate = await required('candidate', signal);
      if ((await look('candidate', signal))?.isTemplate !== true) {
        progress('Marking as a template');
        await markAsTemplate(vc, candidate.vm, { signal });
      }
      known.delete('template'); // it was looked up when the build began
      const current = (await look('template', signal))?.machine;
      if (current !== undefined) progress(`Keeping the template of before as ${former}`);
      signal.throwIfAborted();
      await swapNames(vc, { current, former, candidate, template: names.template, taskMs });
      published(candidate);
      if (current === undefined) return null;
      const { templateFolder: folder } = await placement(signal);
      const { template } = names;
      await pruneTemplates(vc, { folder, template, image: image.name, keep, machineOf, progress, warn, signal });
      return former;
    },
    async endSwap(signal) {
      const [template, candidate] = await Promise.all([look('template', signal), look('candidate', signal)]);
      if (template !== undefined || candidate?.isTemplate !== true) return false;
      const { machine } = candidate;
      await swapNames(vc, { current: undefined, former: '', candidate: machine, template: names.template, taskMs });
      published(machine);
      return true;
    },
  };
}

/** A machine that this build has just made of something: what it looks like is not asked for. */
function fresh(machine: Machine, isTemplate: boolean): Look {
  return { machine, extraConfig: new Map(), isTemplate, power: 'poweredOff', snapshots: [] };
}
