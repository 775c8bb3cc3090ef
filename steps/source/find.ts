import { IngotError } from '../../common/failure.ts';
import type { Image, Source } from '../../image/index.ts';
import { keys, masterName } from '../../image/names.ts';
import { vmNames, vmsNamed } from '../../vsphere/all-vms.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { extraConfigMap } from '../../vsphere/extra-config.ts';
import { findByPath, inventoryPath } from '../../vsphere/inventory-path.ts';
import { nearest, sameName, splitPath, unescapeName } from '../../vsphere/names.ts';
import { flattenSnapshots, type SnapshotRef } from '../../vsphere/snapshot.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { AnyVirtualDevice, VirtualMachineSnapshotTree } from '../../vsphere/vim25.gen.ts';

type Cloned = Extract<Source, { kind: 'template' | 'vm' }>;

/** A VM or template that is cloned, as it is now. Nothing of it is ever changed. */
export interface SourceVm {
  readonly vm: Ref<'VirtualMachine'>;
  /** Inventory path, names escaped. */
  readonly path: string;
  readonly isTemplate: boolean;
  readonly snapshot: SnapshotRef | undefined;
  /** The clone shall live on the disks of the snapshot. */
  readonly linked: boolean;
  /** Of the snapshot, if one is cloned. */
  readonly devices: readonly AnyVirtualDevice[];
  readonly extraConfig: ReadonlyMap<string, string>;
  /** What tells one state of it from another: equal as long as a clone comes out the same. */
  readonly identity: Readonly<Record<string, string>>;
}

const properties = [
  'name',
  'config.template',
  'config.instanceUuid',
  'config.changeVersion',
  'config.extraConfig',
  'config.hardware.device',
  'runtime.powerState',
  'snapshot.rootSnapshotList',
] as const;

/**
 * Looks the source up and judges whether it can be cloned as the image file asks.
 *
 * @param datacenterPath inventory path of the datacenter that names and relative paths are looked up in
 * @throws IngotError `source.missing` with the nearest names, `source.ambiguous`, `source.kind` (a VM for a template or
 *   the other way round), `source.own` (of this very image), `source.snapshot`, `source.powered-on`, `source.linked` (to a master of ours), `source.unreadable`
 */
export async function findSourceVm(
  vc: Vsphere,
  image: Image,
  source: Cloned,
  datacenterPath: string,
  signal: AbortSignal,
): Promise<SourceVm> {
  const vm = await findVm(vc, source, `${datacenterPath}/vm`, signal);
  const [values, path] = await Promise.all([vc.read(vm, properties, { signal }), inventoryPath(vc, vm, { signal })]);
  const isTemplate = values['config.template'] === true;
  const instanceUuid = values['config.instanceUuid'];
  if (instanceUuid === undefined) throw unreadable(path);
  if (isTemplate !== (source.kind === 'template')) throw otherKind(source, path);
  const all = flattenSnapshots(values['snapshot.rootSnapshotList']);
  const snapshot = source.snapshot === undefined ? undefined : snapshotOf(source.snapshot, all, path);
  const power = values['runtime.powerState'];
  if (snapshot === undefined && power !== 'poweredOff') throw poweredOn(path, power, all);
  const live = extraConfigMap(values['config.extraConfig']);
  if (live.get(keys.image) === image.name) throw ownSource(path, image.name);
  if (source.linked && isMaster(path, live)) throw linkedToMaster(path, live.get(keys.image) ?? '');
  const ofSnapshot = ['config.extraConfig', 'config.hardware.device'] as const;
  const frozen = snapshot === undefined ? undefined : await vc.read(snapshot.snapshot, ofSnapshot, { signal });
  const extraConfig = frozen === undefined ? live : extraConfigMap(frozen['config.extraConfig']);
  return {
    vm,
    path,
    isTemplate,
    snapshot: snapshot?.snapshot,
    linked: source.linked,
    devices: frozen?.['config.hardware.device'] ?? values['config.hardware.device'] ?? [],
    // What is left on the VM itself is inherited as well, whatever the snapshot holds.
    extraConfig: new Map([...live, ...extraConfig]),
    identity: {
      instanceUuid,
      fingerprint: extraConfig.get(keys.fingerprint) ?? '',
      ...(snapshot === undefined
        ? { changeVersion: values['config.changeVersion'] ?? '' }
        : { snapshot: snapshot.snapshot.value, taken: snapshot.createTime }),
    },
  };
}

/** By a whole path, by a path below the vm folder, or by a name that one VM or template of the datacenter has. */
async function findVm(
  vc: Vsphere,
  { kind, path }: Cloned,
  folder: string,
  signal: AbortSignal,
): Promise<Ref<'VirtualMachine'>> {
  const names = splitPath(path);
  const at = await vmAt(vc, path.startsWith('/') ? path : `${folder}/${names.join('/')}`, signal);
  if (at !== undefined) return at;
  const [name = ''] = names.slice(-1);
  const named = (await vmsNamed(vc, name, { signal })).filter((other) => other.path.startsWith(`${folder}/`));
  const [only] = named;
  const byName = path.includes('/') ? undefined : only;
  if (byName !== undefined && named.length === 1) return byName.vm;
  const paths = named.map((other) => other.path);
  if (byName !== undefined) {
    throw new IngotError(
      'source.ambiguous',
      `expected one ${nounOf(kind)} “${path}” below ${folder}, found ${named.length}`,
      {
        evidence: paths,
        remedy: `name it in source.${kind} by its path below ${folder}`,
      },
    );
  }
  const near = paths.length > 0 ? paths : nearest(unescapeName(name), await vmNames(vc, { signal }));
  throw new IngotError('source.missing', `expected the ${nounOf(kind)} “${path}” below ${folder}, found none`, {
    evidence: near.length === 0 ? ['the account sees no VM'] : [`there is: ${near.join(', ')}`],
    remedy: `correct source.${kind}, or give the account the right to see it`,
  });
}

const nounOf = (kind: Cloned['kind']): string => (kind === 'vm' ? 'VM' : 'template');

async function vmAt(vc: Vsphere, path: string, signal: AbortSignal): Promise<Ref<'VirtualMachine'> | undefined> {
  const found = await findByPath(vc, path, { signal });
  return found?.type === 'VirtualMachine' ? { type: 'VirtualMachine', value: found.value } : undefined;
}

function snapshotOf(
  name: string,
  all: readonly VirtualMachineSnapshotTree[],
  path: string,
): VirtualMachineSnapshotTree {
  const named = all.filter((snapshot) => sameName(snapshot.name, name));
  const [found] = named;
  if (found !== undefined && named.length === 1) return found;
  const near = nearest(
    name,
    all.map((snapshot) => snapshot.name),
  );
  const count = named.length === 0 ? 'none' : String(named.length);
  throw new IngotError('source.snapshot', `expected one snapshot “${name}” of ${path}, found ${count}`, {
    evidence: near.length === 0 ? ['it has no snapshot'] : [`it has: ${near.join(', ')}`],
    remedy: 'correct source.snapshot, or take that snapshot in the vSphere client: ingot changes nothing of a source',
  });
}

function otherKind({ kind }: Cloned, path: string): IngotError {
  const [wanted, found] = kind === 'template' ? ['a template', 'a VM'] : ['a VM', 'a template'];
  return new IngotError('source.kind', `expected ${path} to be ${wanted}, found ${found}`, {
    remedy: `name it in source.${kind === 'template' ? 'vm' : 'template'}, if it is the one that you mean`,
  });
}

function poweredOn(path: string, power: string, all: readonly VirtualMachineSnapshotTree[]): IngotError {
  const names = all.map((snapshot) => snapshot.name);
  return new IngotError('source.powered-on', `expected ${path} to be off, found it ${power}`, {
    evidence: names.length === 0 ? [] : [`it has the snapshots ${names.join(', ')}`],
    remedy:
      'a clone of a running VM has a disk that was cut off in the middle of its work: shut it down, or name a snapshot in source.snapshot',
  });
}

/** What the image itself has made, in whatever form. */
export function ownSource(path: string, image: string): IngotError {
  return new IngotError(
    'source.own',
    `expected a source of another image, found that ${path} is one of ${image} itself`,
    {
      remedy: 'each build would change what the next one begins with: give this image another name',
    },
  );
}

/** What carries the keys of a master under another name is a copy of somebody's. */
function isMaster(path: string, extraConfig: ReadonlyMap<string, string>): boolean {
  const name = splitPath(path).at(-1) ?? '';
  const image = extraConfig.get(keys.image) ?? '';
  return extraConfig.get(keys.role) === 'master' && unescapeName(name) === masterName(image);
}

function linkedToMaster(path: string, image: string): IngotError {
  return new IngotError(
    'source.linked',
    `expected a linked clone of a VM that stays, found that ${path} is the master of ${image}, which a build of that image replaces`,
    {
      remedy:
        'leave source.linked out, or clone that VM under another name, take the snapshot there and name it as the source',
    },
  );
}

function unreadable(path: string): IngotError {
  return new IngotError(
    'source.unreadable',
    `expected to read the configuration of ${path}, found that vCenter has none`,
    {
      remedy: 'it is being made or cloned, or its host or datastore is out of reach: build again when vCenter shows it',
      retryable: true,
    },
  );
}
