import { z } from 'zod';
import { hints, optionalText, text } from './fields.ts';

/** A VM storage policy by tags. */
export const storagePolicySchema = z
  .strictObject({
    name: text('the name of a VM storage policy', 80).describe('Name of the VM storage policy.'),
    description: z
      .string()
      .max(1024)
      .register(hints, { expected: 'text of at most 1024 characters' })
      .default('')
      .describe('Description of the policy, if it is made.'),
    tagCategory: text('the name of a tag category', 256).describe('Tag category that the policy looks at.'),
    tag: text('the name of a tag', 256).describe('Tag of the datastores that satisfy the policy.'),
    datastores: z
      .array(text('the name or inventory path of a datastore'))
      .max(256)
      .register(hints, { expected: 'a list of at most 256 datastores' })
      .default([])
      .describe('Datastores that get the tag: names in `placement.datacenter`, or inventory paths.'),
    datastoreCluster: optionalText('the name or inventory path of a datastore cluster').describe(
      'Datastore cluster whose datastores get the tag: those that it has when `ingot prepare` runs.',
    ),
  })
  .describe('A VM storage policy that datastores satisfy by a tag; Tanzu wants one for a datastore cluster.');
