import { z } from 'zod';
import { duration, hints, integer, inventoryName, optionalText } from './fields.ts';

export const templateSchema = z
  .strictObject({
    name: inventoryName().optional().describe('Name of the template. Left out: `name` of the image.'),
    folder: optionalText('the path of a VM folder').describe(
      "VM folder of the template, below the datacenter's vm folder. Empty or left out: `placement.folder`.",
    ),
    notes: z
      .string()
      .max(4096)
      .register(hints, { expected: 'text of at most 4096 characters' })
      .optional()
      .describe('Notes on the template. Left out: what ingot built it from.'),
    keep: integer(0, 100)
      .default(1)
      .describe("How many of this image's earlier templates are kept when a new one takes the name."),
  })
  .prefault({})
  .describe('What comes out.');

export const smokeTestSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Boot a clone of the sealed image before it becomes the template.'),
    powershell: z
      .string()
      .regex(/\S/)
      .register(hints, { expected: 'PowerShell' })
      .optional()
      .describe('PowerShell of your own that must exit with 0 in the clone.'),
    timeout: duration().prefault('20m').describe('How long the clone may take to boot and pass.'),
  })
  .optional()
  .describe('A test of the sealed image: a clone is booted and looked at. Left out: no test.');
