import { z } from 'zod';
import { failureDomainsSchema } from './failure-domains.ts';
import { openshiftSchema } from './openshift.ts';
import { tanzuSchema } from './tanzu.ts';

export const handoverSchema = z
  .strictObject({
    failureDomains: failureDomainsSchema,
    openshift: openshiftSchema.optional(),
    tanzu: tanzuSchema.optional(),
  })
  .prefault({})
  .describe('Facts of the clusters that use the template, for `ingot handover` and `ingot prepare`.');
