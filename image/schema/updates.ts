import { z } from 'zod';
import { hints, integer, pattern } from './fields.ts';

/** Classifications of the Windows Update Agent, named as in its UpdateClassification identifiers. */
const UPDATE_CATEGORIES = [
  'CriticalUpdates',
  'DefinitionUpdates',
  'FeaturePacks',
  'SecurityUpdates',
  'ServicePacks',
  'Tools',
  'UpdateRollups',
  'Updates',
] as const;

const kb = pattern(/^[Kk][Bb]\d{6,8}$/, { expected: 'a KB number such as KB5034439' }).transform((value) =>
  value.toUpperCase(),
);

const sourceSchema = z
  .union([
    z.literal('windows-update').describe("Microsoft's own service, for Windows alone."),
    z.literal('microsoft-update').describe("Microsoft's own service, for its other products as well."),
    z.strictObject({
      wsus: pattern(/^https?:\/\/[^\s/?#]+$/, {
        expected: 'the URL of a WSUS server such as http://wsus.example.com:8530',
      }).describe('URL of the WSUS server, with its port and without a path.'),
      keep: z.boolean().default(false).describe('Whether the image keeps asking this server afterwards.'),
    }),
  ])
  .register(hints, { expected: 'windows-update, microsoft-update, or wsus with a URL' })
  .default('windows-update')
  .describe('Where Windows looks for updates during the build.');

export const updatesSchema = z
  .union([
    z.literal('none').describe('No updates.'),
    z.strictObject({
      categories: z
        .array(z.enum(UPDATE_CATEGORIES))
        .min(1)
        .register(hints, { expected: `a list of ${UPDATE_CATEGORIES.join(', ')}` })
        .default(['SecurityUpdates', 'CriticalUpdates', 'UpdateRollups'])
        .describe('Classifications of the updates to install.'),
      include: z
        .array(kb)
        .default([])
        .describe('Only these updates, by KB number, whatever their classification. Left out: all of `categories`.'),
      exclude: z.array(kb).default([]).describe('Updates that are left out, by KB number.'),
      source: sourceSchema,
      maximum: integer(1, 1000).default(50).describe('Most updates a round.'),
      rounds: integer(1, 20).default(5).describe('Most rounds of search, install and restart.'),
    }),
  ])
  .register(hints, { expected: 'none, or categories, include, exclude, source, maximum, rounds' })
  .default('none')
  .describe('Windows updates: `none`, or which. Drivers are never installed: VMware Tools bring them.');
