import { z } from 'zod';
import { duration, optionalText } from './fields.ts';

/** The clone of the sealed VM that is started before it becomes the template. */
export const smokeTestSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether a clone of the sealed VM is started before it is published.'),
    clone: z
      .enum(['linked', 'full'])
      .default('linked')
      .describe(
        '`linked`: upon a snapshot that is taken for it and removed again, quick and small; `full`: a copy of all disks.',
      ),
    network: optionalText('the name of a port group').describe(
      'Port group of the NICs of the clone. Empty or left out: they are not connected.',
    ),
    timeout: duration()
      .prefault('30m')
      .describe('From power-on of the clone to its facts: specialize, OOBE, services, container runtime.'),
    keepOnFailure: z
      .boolean()
      .default(false)
      .describe('A clone that failed is left running, to be looked at; the next build deletes it.'),
  })
  .prefault({})
  .describe('The proof that clones of the template start: see smoke-test.md.');
