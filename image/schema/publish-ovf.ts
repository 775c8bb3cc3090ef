import { z } from 'zod';
import { integer, pattern, text } from './fields.ts';

export const publishOvfSchema = z
  .strictObject({
    directory: text('the path of a folder').describe(
      'Folder on this machine, relative to this file, that the packages go to. It is made if it is missing.',
    ),
    name: pattern(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,59}$/, {
      expected: 'a name of at most 60 letters, digits, “.”, “_” and “-”',
      numeric: true,
    })
      .optional()
      .describe('What the packages are named after; the id of the build follows. Left out: the name of the template.'),
    format: z
      .enum(['ova', 'ovf'])
      .default('ova')
      .describe('`ova`: one file. `ovf`: a folder with descriptor, manifest and disks.'),
    keep: integer(0, 50).default(1).describe('How many earlier packages are kept beside the newest.'),
  })
  .describe('The template exported as an OVF package, for another vCenter or another hypervisor (docs/ovf.md).');
export type PublishOvf = z.output<typeof publishOvfSchema>;
