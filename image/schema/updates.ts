import { z } from 'zod';
import { hints, integer, pattern } from './fields.ts';

/** Classifications of the Windows Update Agent, named as in its UpdateClassification identifiers. */
export const UPDATE_CATEGORIES = [
  'CriticalUpdates',
  'DefinitionUpdates',
  'FeaturePacks',
  'SecurityUpdates',
  'ServicePacks',
  'Tools',
  'UpdateRollups',
  'Updates',
] as const;

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
      exclude: z
        .array(
          pattern(/^[Kk][Bb]\d{6,8}$/, { expected: 'a KB number such as KB5034439' }).transform((value) =>
            value.toUpperCase(),
          ),
        )
        .default([])
        .describe('Updates that are left out, by KB number.'),
      maximum: integer(1, 1000).default(50).describe('Most updates a round.'),
      rounds: integer(1, 20).default(5).describe('Most rounds of search, install and restart.'),
    }),
  ])
  .register(hints, { expected: 'none, or categories, exclude, maximum, rounds' })
  .default('none')
  .describe('Windows updates: `none`, or which.');
