import type { Image } from '../../image/index.ts';
import { keys, namesOf } from '../../image/names.ts';
import type { TemporaryClone } from '../../vsphere/ovf/export.ts';
import type { Placement } from '../vcenter/placement.ts';

/** What is exported where vCenter does not export a template itself: a clone beside it, which ingot knows again. */
export function exportClone(image: Image, { templateFolder, pool, host, datastore }: Placement): TemporaryClone {
  return {
    name: namesOf(image).export,
    folder: templateFolder,
    pool,
    host,
    datastore: datastore.ref,
    extraConfig: { [keys.image]: image.name, [keys.role]: 'export' },
  };
}
