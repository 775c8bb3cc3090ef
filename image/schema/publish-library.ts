import { z } from 'zod';
import { integer, inventoryName, optionalText, text } from './fields.ts';

export const contentLibrarySchema = z
  .strictObject({
    library: text('the name of a content library').describe('Name of the content library: a local one.'),
    item: inventoryName(50)
      .optional()
      .describe(
        'Name of the item. Left out: the name of the template; with `-item` behind it where a VM template would lie in the folder of the template itself.',
      ),
    type: z
      .enum(['ovf', 'vm-template'])
      .describe(
        '`ovf`: a package of files; a new template becomes a new version of the same item. `vm-template`: a VM template that the library manages; a new one takes the name of the one before.',
      ),
    keep: integer(0, 20)
      .default(1)
      .describe('How many earlier versions are kept as items `NAME-before-BUILD` of the same library.'),
    folder: optionalText('the path of a VM folder').describe(
      "VM folder of the VM template, below the datacenter's vm folder. Left out: that of the template. Not for `ovf`.",
    ),
    datastore: optionalText('the name of a datastore').describe(
      "Datastore of the VM template's disks. Left out: that of the library. Not for `ovf`, whose files lie in the library.",
    ),
  })
  .describe('A content library, and what becomes of the template there.');
export type PublishLibrary = z.output<typeof contentLibrarySchema>;
