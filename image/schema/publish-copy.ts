import { z } from 'zod';
import { integer, inventoryName, optionalText, text } from './fields.ts';
import { vcenterSchema } from './vcenter.ts';

export const copySchema = z
  .strictObject({
    vcenter: vcenterSchema
      .optional()
      .describe(
        'The vCenter that gets the copy. Left out: the one of this image file, in another folder or datacenter.',
      ),
    datacenter: text('the name or inventory path of a datacenter').describe('Datacenter of the copy.'),
    compute: text('the path of a cluster or host').describe('Cluster or host that the copy is registered on.'),
    resourcePool: optionalText('the path of a resource pool').describe(
      "Resource pool below the cluster's root pool. Left out: the root pool.",
    ),
    datastore: text('the name of a datastore').describe('Datastore of the copy.'),
    folder: optionalText('the path of a VM folder').describe(
      "VM folder of the copy, below the datacenter's vm folder. Left out: that folder itself.",
    ),
    network: optionalText('the name of a network or port group').describe(
      'Network of the first NIC there. Needed where networks are not the same: for `export` and `content-library`.',
    ),
    name: inventoryName(50).optional().describe('Name of the copy. Left out: the name of the template.'),
    via: z
      .enum(['clone', 'content-library', 'export'])
      .optional()
      .describe(
        '`clone`: CloneVM, inside one vCenter. `content-library`: deployed from an item of a library there, such as one that is subscribed to a library of `contentLibraries`. `export`: streamed as OVF through this machine. Left out: `clone` inside this vCenter, else `export`.',
      ),
    library: optionalText('the name of a content library').describe('With `via: content-library`: the library there.'),
    item: optionalText('the name of a library item').describe(
      'With `via: content-library`: the item. Left out: the name of the template.',
    ),
    keep: integer(0, 20).default(1).describe('How many earlier copies are kept when a new one takes the name.'),
  })
  .describe('A copy of the template.');
export type PublishCopy = z.output<typeof copySchema>;
