import { z } from 'zod';
import { hints, optionalText } from './fields.ts';

/** The tag categories of regions and zones by which clusters know where their nodes are. */
export const topologiesSchema = z
  .array(
    z.strictObject({
      convention: z
        .enum(['kubernetes', 'openshift'])
        .default('kubernetes')
        .describe(
          'Names of the tag categories: `k8s-region` and `k8s-zone` of the vSphere CPI, CSI and Tanzu (`kubernetes`), or ' +
            '`openshift-region` and `openshift-zone` (`openshift`).',
        ),
      regionCategory: optionalText('the name of a tag category').describe(
        'Tag category of regions, if it has another name.',
      ),
      zoneCategory: optionalText('the name of a tag category').describe(
        'Tag category of zones, if it has another name.',
      ),
    }),
  )
  .min(1)
  .max(8)
  .register(hints, { expected: 'a list of 1 to 8 topologies' })
  .default([{ convention: 'kubernetes' }])
  .describe('Tag categories by which clusters find the regions and zones of `handover.failureDomains`.');
