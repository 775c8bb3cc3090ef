import { IngotError } from '../../common/failure.ts';
import type { CopyWanted } from '../../image/finish-publish.ts';
import type { Image } from '../../image/index.ts';
import { keys, namesOf } from '../../image/names.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { findLibrary } from '../../vsphere/library.ts';
import { connectTo } from '../../vsphere/site.ts';
import { type Vcenter, vcenterOf } from '../vcenter/index.ts';
import { formerName } from '../vcenter/publish.ts';
import { makeCopy } from './copy-ways.ts';
import type { CheckContext, Mark, PublishContext, Published, PublishTarget } from './target.ts';

/** A copy in another folder, datacenter or vCenter, there as here: made beside, sealed, and given the name when it is whole. */
export function copyTarget(image: Image, index: number, wanted: CopyWanted): PublishTarget {
  const elsewhere = imageAt(image, wanted);
  const server = wanted.vcenter?.server ?? image.vcenter.server;
  const place = `${server} ${wanted.datacenter}, folder ${wanted.folder || '/'}, ${wanted.name}`;
  return {
    field: `publish.copies[${index}]`,
    what: `copy to ${place} (by ${wanted.via}), ${wanted.keep} earlier kept`,
    exclusive: wanted.via === 'export',
    timeoutMs: (wanted.via === 'export' ? 2 * image.timeouts.upload : image.timeouts.clone) + 4 * image.timeouts.task,
    check: (context) =>
      at(context, wanted, elsewhere, async (there) => {
        await requireElsewhere(context, there, wanted);
        const { signal } = context;
        await Promise.all([
          there.look('template', signal),
          there.look('candidate', signal),
          wanted.library === undefined ? undefined : findLibrary(await there.vc.rest(), wanted.library, { signal }),
        ]);
      }),
    publish: (context) =>
      at(context, wanted, elsewhere, async (there) => {
        await there.endSwap(context.signal);
        const found = await there.look('template', context.signal);
        const changed = !isOf(found?.extraConfig, context.mark);
        if (changed) await replace(context, there, wanted);
        return readBack(context, there, server, changed);
      }),
  };
}

/** The image as if it was built there: its names, folders and marks are those of the copy. */
function imageAt(image: Image, wanted: CopyWanted): Image {
  const { datacenter, compute, resourcePool, datastore, folder, network } = wanted;
  return {
    ...image,
    vcenter: wanted.vcenter ?? image.vcenter,
    placement: { datacenter, compute, resourcePool, datastore, folder, network: network ?? '' },
    hardware: { ...image.hardware, nics: network === undefined ? [] : [{ network }] },
    smokeTest: { ...image.smokeTest, enabled: false },
    template: { ...image.template, name: wanted.name, folder, keep: wanted.keep },
  };
}

/** Works at the vCenter of a copy; one of its own is connected to, and left again. */
async function at<T>(
  { center, signal, warn }: CheckContext,
  wanted: CopyWanted,
  elsewhere: Image,
  work: (there: Vcenter) => Promise<T>,
): Promise<T> {
  const open = (vc: Vcenter['vc']) =>
    vcenterOf(vc, { image: elsewhere, names: namesOf(elsewhere), screenshotPath: (name) => name, warn });
  if (wanted.vcenter === undefined) return work(open(center.vc));
  const vc = await connectTo(wanted.vcenter, {
    signal,
    onEvent: ({ message }) => warn(`${wanted.vcenter?.server}: ${message}`),
  });
  try {
    return await work(open(vc));
  } finally {
    await vc.close();
  }
}

/** A copy that lay where the template lies would take its name away. */
async function requireElsewhere({ center, image, signal }: CheckContext, there: Vcenter, wanted: CopyWanted) {
  const [home, away] = await Promise.all([center.placement(signal), there.placement(signal)]);
  const [here, its] = [center.vc.address, there.vc.address];
  const sameServer = here.host === its.host && here.port === its.port;
  const names = [image.template.name, namesOf(image).candidate, namesOf(image).master];
  const inFolders = [home.templateFolder.value, home.folder.value].includes(away.templateFolder.value);
  if (!sameServer || !inFolders || !names.includes(wanted.name)) return;
  throw new IngotError(
    'publish.copy-place',
    `expected the copy ${wanted.name} in another folder than the build, found both in ${away.templateFolderPath}`,
    { remedy: 'name another folder, or give the copy a name of its own' },
  );
}

async function replace(context: PublishContext, there: Vcenter, wanted: CopyWanted): Promise<void> {
  const { signal, mark, progress, warn } = context;
  const candidate = await there.look('candidate', signal);
  const whole = candidate?.extraConfig.get(keys.role) === 'template' && isOf(candidate.extraConfig, mark);
  if (candidate !== undefined && !whole) {
    progress(`Deleting ${candidate.machine.name}, which an earlier build left in ${wanted.datacenter}`);
    await there.destroy('candidate', signal);
  }
  if (!whole) {
    progress(`Copying the template to ${wanted.vcenter?.server ?? wanted.datacenter} by ${wanted.via}`);
    const vm = await makeCopy(context, there, wanted);
    there.forget('candidate');
    // From here on it is whole: what broke off before is made anew.
    const machine = await there.candidate(signal);
    const extraConfig = [...sealedMarks(context)].map(([key, value]) => ({ key, value }));
    if (machine.vm.value !== vm.value) throw replaced(machine.name);
    await machine.reconfigure({ extraConfig }, signal);
    there.forget('candidate');
  }
  await there.publish(formerName(wanted.name, context.build), wanted.keep, { progress, warn }, signal);
}

/** All marks of the template but the records of its steps: a copy is never built upon. */
function sealedMarks({ template }: PublishContext): ReadonlyMap<string, string> {
  const marks = [...template.marks].filter(([key]) => !key.startsWith(keys.step));
  return new Map([...marks, [keys.role, 'template']]);
}

async function readBack(context: PublishContext, there: Vcenter, server: string, changed: boolean): Promise<Published> {
  const { mark, signal } = context;
  there.forget('template');
  const found = await there.look('template', signal);
  if (found === undefined || !found.isTemplate || !isOf(found.extraConfig, mark) || found.power !== 'poweredOff') {
    throw new IngotError('publish.read-back', `expected a copy of build ${mark.build} in ${server}, found another`, {
      evidence: [found === undefined ? 'none' : `build ${found.extraConfig.get(keys.build)}, ${found.power}`],
      remedy: 'somebody changed it at this moment: build again, only publishing runs',
    });
  }
  const { vm } = found.machine;
  const [path, values] = await Promise.all([
    inventoryPath(there.vc, vm, { signal }),
    there.vc.read(vm, ['config.instanceUuid'], { signal }),
  ]);
  const where = `${server}: ${path}`;
  return {
    where,
    changed,
    proof: [`${where} (${vm.value}) is a template of build ${mark.build}, powered off`],
    facts: {
      kind: 'copy',
      vcenter: server,
      inventoryPath: path,
      moRef: `VirtualMachine:${vm.value}`,
      instanceUuid: values['config.instanceUuid'] ?? null,
    },
  };
}

function isOf(extraConfig: ReadonlyMap<string, string> | undefined, mark: Mark): boolean {
  return extraConfig?.get(keys.build) === mark.build && extraConfig.get(keys.fingerprint) === mark.fingerprint;
}

function replaced(name: string): IngotError {
  return new IngotError('publish.copy-replaced', `expected ${name} to be the copy that was made, found another VM`, {
    remedy: 'somebody else works there: build again, only publishing runs',
  });
}
