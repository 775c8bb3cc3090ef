import { z } from 'zod';
import { roleSchema } from './role.ts';
import { storagePolicySchema } from './storage-policy.ts';
import { topologiesSchema } from './topologies.ts';

export const prepareSchema = z
  .strictObject({
    topologies: topologiesSchema,
    storagePolicy: storagePolicySchema.optional(),
    role: roleSchema.optional(),
  })
  .prefault({})
  .describe('What `ingot prepare` sets up in vCenter beside the failure domains.');
