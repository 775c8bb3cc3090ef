import { z } from 'zod';
import { hints, inventoryName, text } from './fields.ts';
import { copySchema } from './publish-copy.ts';
import { contentLibrarySchema } from './publish-library.ts';
import { publishOvfSchema } from './publish-ovf.ts';
import { webhookSchema } from './publish-webhook.ts';

/** What stands for a fact of the template in the value of an attribute. */
export const ATTRIBUTE_FACTS = ['build', 'fingerprint', 'image', 'windows'] as const;

export const publishSchema = z
  .strictObject({
    contentLibraries: z
      .array(contentLibrarySchema)
      .max(20)
      .register(hints, { expected: 'a list of at most 20 content libraries' })
      .default([])
      .describe('Content libraries that the template goes to as an item.'),
    attributes: z
      .record(inventoryName(), text('text of at most 255 characters'))
      .register(hints, { expected: 'values of custom attributes by their name' })
      .default({})
      .describe(
        'Custom attributes of the template, by name; one that vCenter does not know yet is made. In a value `{build}`, `{fingerprint}`, `{image}` and `{windows}` stand for those facts of the template.',
      ),
    tags: z
      .array(
        z.strictObject({
          category: text('the name of a tag category').describe('Category of the tag. It must be there.'),
          name: text('the name of a tag').describe('Name of the tag. It must be there.'),
        }),
      )
      .max(50)
      .register(hints, { expected: 'a list of at most 50 tags' })
      .default([])
      .describe('vSphere tags that are attached to the template.'),
    copies: z
      .array(copySchema)
      .max(20)
      .register(hints, { expected: 'a list of at most 20 copies' })
      .default([])
      .describe('Copies of the template elsewhere, in this vCenter or in others.'),
    ovf: publishOvfSchema.optional(),
    latest: z
      .strictObject({
        folder: z
          .string()
          .regex(/^(?!.*(^|\/)\.{1,2}(\/|$))[^/[\]\r\n\0]+(\/[^/[\]\r\n\0]+)*$/)
          .register(hints, { expected: 'the path of a folder on the datastore, such as ingot/templates/windows' })
          .optional()
          .describe('Folder on the datastore of the build. Left out: `ingot/templates/` and the name of the template.'),
        file: text('the path of a file')
          .optional()
          .describe('A file on this machine, relative to this file, that is written as well.'),
      })
      .optional()
      .describe('`latest.json`, which says for CI what the newest template is (docs/publish.md has its format).'),
    webhook: webhookSchema.optional(),
  })
  .prefault({})
  .describe('Where the template goes once it is built, and who is told. Nothing of it changes the template itself.');
