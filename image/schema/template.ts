import { z } from 'zod';
import { hints, integer, inventoryName, optionalText } from './fields.ts';

export const templateSchema = z
  .strictObject({
    name: inventoryName(50).optional().describe('Name of the template. Left out: `name` of the image.'),
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
