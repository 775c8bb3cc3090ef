import { z } from 'zod';
import { hints, version } from './fields.ts';

export const toolsSchema = z
  .strictObject({
    minimumVersion: version().default('11.0.6').describe('Oldest VMware Tools that are accepted.'),
    excludeNics: z
      .string()
      .regex(/^[^\r\n\0]*$/)
      .register(hints, { expected: 'a comma-separated list of NIC name patterns on one line' })
      .default('')
      .describe(
        "`exclude-nics` under `[guestinfo]` in tools.conf: NICs that are not reported to vCenter. Empty reports all, which OpenShift needs; without it Windows' own default hides vEthernet*.",
      ),
  })
  .prefault({})
  .describe('VMware Tools.');
