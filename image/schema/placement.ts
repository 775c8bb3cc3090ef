import { z } from 'zod';
import { optionalText, text } from './fields.ts';

export const placementSchema = z
  .strictObject({
    datacenter: text('the name or inventory path of a datacenter').describe('Datacenter, by name or inventory path.'),
    compute: text('the path of a cluster or host').describe(
      "Cluster or host, by its path below the datacenter's host folder.",
    ),
    resourcePool: optionalText('the path of a resource pool').describe(
      "Resource pool, by its path below the cluster's root pool. Empty or left out: the root pool.",
    ),
    datastore: optionalText('the name of a datastore').describe(
      'Datastore of the VM and of the uploaded media. Either this or `datastoreCluster`.',
    ),
    datastoreCluster: optionalText('the name of a datastore cluster').describe(
      'Datastore cluster; Storage DRS chooses the datastore. Either this or `datastore`.',
    ),
    folder: z
      .string()
      .regex(/^[^\r\n\0]*$/)
      .default('')
      .describe("VM folder below the datacenter's vm folder. Empty: that folder itself."),
    network: text('the name of a network or port group').describe(
      'Network or distributed port group of the first NIC.',
    ),
  })
  .describe('Where in the inventory the VM is built.');
