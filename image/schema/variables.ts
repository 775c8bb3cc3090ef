import { z } from 'zod';
import { hints, text } from './fields.ts';

export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

export const variablesSchema = z
  .record(
    z.string().regex(VARIABLE_NAME).register(hints, { expected: 'a name of letters, digits and underscores' }),
    z.strictObject({
      default: z
        .union([z.string(), z.number(), z.boolean()])
        .register(hints, { expected: 'text, a number, true or false' })
        .optional()
        .describe('Value if none is given. Left out: one must be given.'),
      description: text('a description', 1000).optional().describe('What it is for.'),
    }),
  )
  .register(hints, { expected: 'variables by name' })
  .default({})
  .describe(
    'Values that differ from site to site, used as `$' +
      '{var.NAME}` in any text and set with `--var NAME=VALUE` or `INGOT_VAR_NAME`.',
  );
