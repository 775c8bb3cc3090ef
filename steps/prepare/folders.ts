import { ensureFolder } from '../../vsphere/folder.ts';
import { findByPath } from '../../vsphere/inventory-path.ts';
import { byKey, nodePlaces, pathBelow, placementOf } from './places.ts';
import type { FindPreparations, Preparation, PrepareContext } from './preparation.ts';
import { orUnfound } from './unfound.ts';

interface WantedFolder {
  readonly of: string;
  readonly datacenter: string;
  /** Below the datacenter's vm folder. */
  readonly folder: string;
}

/** The VM folders that the image file names: of the master, of the template, and of the nodes of each failure domain. */
export const findFolders: FindPreparations = async (context) => {
  const { image } = context;
  const wanted: readonly WantedFolder[] = [
    placementOf(image),
    { of: 'template', datacenter: image.placement.datacenter, folder: image.template.folder },
    ...nodePlaces(image),
  ].filter(({ folder }) => folder !== '');
  const each = byKey(wanted, ({ datacenter, folder }) => `${datacenter}\n${folder}`);
  const found = each.map(([first, all]) =>
    orUnfound('folders', first.folder, async () => [
      await preparationOf(context, first, [...new Set(all.map(({ of }) => of))]),
    ]),
  );
  return (await Promise.all(found)).flat();
};

async function preparationOf(
  { vc, signal, datacenter }: PrepareContext,
  { datacenter: where, folder }: WantedFolder,
  users: readonly string[],
): Promise<Preparation> {
  const center = await datacenter(where);
  const path = pathBelow(center, 'vm', folder);
  const found = await findByPath(vc, path, { signal });
  const common = {
    part: 'folders' as const,
    object: path,
    what: 'VM folder',
    wanted: 'a VM folder',
    explain: `The VM folder of ${users.join(', ')}: rights are given on it, and clones are found below it.`,
  };
  if (found?.type === 'Folder') return { ...common, state: 'right', found: 'a VM folder' };
  if (found !== undefined) {
    const steps = [`rename the ${found.type} ${path}, or name another folder in the image file`];
    return { ...common, state: 'manual', found: `a ${found.type} of that name`, steps };
  }
  return {
    ...common,
    state: 'missing',
    found: 'not there',
    change: async (until) => void (await ensureFolder(vc, center, below(center.path, path), { signal: until })),
  };
}

/** `ensureFolder` takes what stands behind the vm folder. */
function below(datacenterPath: string, path: string): string {
  return path.slice(`${datacenterPath}/vm/`.length);
}
