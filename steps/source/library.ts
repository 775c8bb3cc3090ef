import { IngotError } from '../../common/failure.ts';
import type { Source } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { findItem, findLibrary, type LibraryItem, listItems } from '../../vsphere/library.ts';
import { nearest } from '../../vsphere/names.ts';

/**
 * The item of a library that is deployed.
 * @throws IngotError `vsphere.not-found`, `vsphere.ambiguous` (the library), `source.missing`, `source.item`
 */
export async function findLibraryItem(
  vc: Vsphere,
  { library, item: name }: Extract<Source, { kind: 'library' }>,
  signal: AbortSignal,
): Promise<LibraryItem> {
  const rest = await vc.rest();
  const { id } = await findLibrary(rest, library, { signal });
  const item = await findItem(rest, id, name, { signal });
  if (item === undefined) {
    const known = (await listItems(rest, id, { signal })).map((other) => other.name);
    const near = nearest(name, known);
    throw new IngotError(
      'source.missing',
      `expected the item “${name}” in the content library ${library}, found none`,
      {
        evidence: near.length === 0 ? ['the library is empty'] : [`there is: ${near.join(', ')}`],
        remedy: 'correct source.contentLibrary, or synchronize the library in the vSphere client',
      },
    );
  }
  if (item.type === 'vm-template' || item.type === 'ovf') return item;
  throw new IngotError(
    'source.item',
    `expected ${library}/${name} to be a VM template or an OVF template, found ${item.type || 'another type'}`,
    { remedy: 'name another item; an ISO is named in media.iso, as library:LIBRARY/ITEM' },
  );
}
