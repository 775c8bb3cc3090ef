import { rm } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import type { CopyWanted } from '../../image/finish-publish.ts';
import { keys, namesOf } from '../../image/names.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { cloneVm } from '../../vsphere/folder.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import { findItem, findLibrary } from '../../vsphere/library.ts';
import { deployItem } from '../../vsphere/library-templates.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { AnyVirtualDeviceBackingInfo, VirtualDeviceConfigSpec } from '../../vsphere/vim25.gen.ts';
import { reconfigure } from '../../vsphere/vm.ts';
import { isNic } from '../support/nics.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { unfinishedMark } from '../vcenter/look.ts';
import { exportClone } from './export-clone.ts';
import { parseMark, sameTemplate } from './mark.ts';
import type { PublishContext } from './target.ts';

type VmRef = Ref<'VirtualMachine'>;

/** Makes the VM that is to become the copy, off and marked as a candidate of ours, under the candidate's name. */
export async function makeCopy(context: PublishContext, there: Vcenter, wanted: CopyWanted): Promise<VmRef> {
  const ways = { clone: byClone, 'content-library': fromLibrary, export: byExport };
  return ways[wanted.via](context, there, wanted);
}

/** What makes a copy ours before it is whole. */
function candidateMarks({ mark }: PublishContext): { readonly key: string; readonly value: string }[] {
  return [
    { key: keys.image, value: mark.image },
    { key: keys.build, value: mark.build },
    { key: keys.role, value: 'candidate' },
    { key: keys.fingerprint, value: '' },
  ];
}

/**
 * The same for what was cloned, which has all that its source says of itself: the records of steps are of a template that
 * builds go on with.
 */
function clonedMarks(context: PublishContext): { readonly key: string; readonly value: string }[] {
  const records = [...context.template.marks.keys()].filter((key) => key.startsWith(keys.step));
  return [...candidateMarks(context), ...records.map((key) => ({ key, value: '' }))];
}

const nameOf = (context: PublishContext, { name }: CopyWanted): string =>
  namesOf({ ...context.image, template: { ...context.image.template, name } }).candidate;

async function byClone(context: PublishContext, there: Vcenter, wanted: CopyWanted): Promise<VmRef> {
  const { template, signal, image } = context;
  const { templateFolder, pool, host, datastore, networks } = await there.placement(signal);
  const location = { datastore: datastore.ref, pool, host };
  const config = {
    extraConfig: clonedMarks(context),
    deviceChange: await firstNic(there.vc, template.vm, networks[0], signal),
  };
  const spec = { location, template: false, powerOn: false, config };
  const params = { folder: templateFolder, name: nameOf(context, wanted), spec };
  const what = `copying ${template.name} to ${wanted.datacenter}`;
  return cloneVm(there.vc, template.vm, params, { signal, deadlineMs: image.timeouts.clone, what });
}

async function fromLibrary(context: PublishContext, there: Vcenter, wanted: CopyWanted): Promise<VmRef> {
  const { signal, image, mark } = context;
  const rest = await there.vc.rest();
  const library = await findLibrary(rest, wanted.library ?? '', { signal });
  const item = await findItem(rest, library.id, wanted.item, { signal });
  const found = item === undefined ? undefined : parseMark(item.description);
  if (item === undefined || !sameTemplate(found, mark)) {
    throw new IngotError(
      'publish.library-behind',
      `expected the item ${wanted.item} of ${library.name} to be of build ${mark.build}, found ${item === undefined ? 'no such item' : (found?.build ?? 'one that ingot did not make')}`,
      {
        remedy:
          'a subscribed library takes new versions when it synchronises: let it do so automatically or by hand, then build again, only publishing runs',
      },
    );
  }
  const { templateFolder, pool, host, datastore, networks } = await there.placement(signal);
  const to = {
    ...{ name: nameOf(context, wanted), folder: templateFolder, pool, host, datastore: datastore.ref },
    description: unfinishedMark(image.name),
  };
  const vm = await deployItem(rest, item, to, { signal, answerMs: image.timeouts.clone });
  const deviceChange = await firstNic(there.vc, vm, networks[0], signal);
  const own = await context.center.vc.read(context.template.vm, ['config.annotation'], { signal });
  const changes = { annotation: own['config.annotation'] ?? '', extraConfig: clonedMarks(context), deviceChange };
  await reconfigure(there.vc, vm, changes, { signal, deadlineMs: image.timeouts.task });
  return vm;
}

/** Puts the first NIC on the network of the copy, if the image file names one; whatever else it has stays. */
async function firstNic(
  vc: Vsphere,
  vm: VmRef,
  backing: AnyVirtualDeviceBackingInfo | undefined,
  signal: AbortSignal,
): Promise<VirtualDeviceConfigSpec[]> {
  if (backing === undefined) return [];
  const { 'config.hardware.device': devices = [] } = await vc.read(vm, ['config.hardware.device'], { signal });
  const nics = devices.filter(isNic);
  return nics.slice(0, 1).map(
    ({ $type, key, controllerKey, unitNumber }): VirtualDeviceConfigSpec => ({
      operation: 'edit',
      device: { $type, key, controllerKey, unitNumber, backing },
    }),
  );
}

async function byExport(context: PublishContext, there: Vcenter, wanted: CopyWanted): Promise<VmRef> {
  const { template, center, signal, image, progress, warn } = context;
  const [{ exportOvf }, { importOvf }, { openLocalPackage }] = await Promise.all([
    import('../../vsphere/ovf/export.ts'),
    import('../../vsphere/ovf/import.ts'),
    import('./local-package.ts'),
  ]);
  const [home, away] = await Promise.all([center.placement(signal), there.placement(signal)]);
  const directory = context.fileOf(`copy-${wanted.name}`);
  const told = (verb: string) => (now: { readonly bytes: number; readonly total?: number | undefined }) =>
    progress({ message: `${verb} ${template.name}`, done: now.bytes, total: now.total, unit: 'bytes' });
  const network = (await openDatacenter(there.vc, wanted.datacenter, { signal })).network(wanted.network ?? '').ref;
  try {
    const exported = await exportOvf(center.vc, template.vm, {
      signal,
      name: 'template',
      directory,
      format: 'ovf',
      clone: exportClone(image, home),
      onProgress: told('Exporting'),
      onWarning: warn,
      deadlineMs: image.timeouts.upload,
    });
    const marks = candidateMarks(context).filter(({ value }) => value !== '');
    await using source = await openLocalPackage(exported.path);
    const { vm } = await importOvf(there.vc, source.content, {
      signal,
      name: nameOf(context, wanted),
      datastore: away.datastore.ref,
      pool: away.pool,
      folder: away.templateFolder,
      host: away.host,
      networks: () => network,
      extraConfig: Object.fromEntries(marks.map(({ key, value }) => [key, value])),
      onProgress: told('Importing'),
      onWarning: warn,
      deadlineMs: image.timeouts.upload,
    });
    return vm;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
