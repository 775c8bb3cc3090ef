import { z } from 'zod';
import { SECRET_PATTERN, Secret } from '../secret.ts';
import { duration, hints, integer, label, text } from './fields.ts';

/** Plain data in which a secret may stand for any value. */
export type Parameter =
  | string
  | number
  | boolean
  | null
  | Secret
  | readonly Parameter[]
  | { readonly [key: string]: Parameter };

type JsonValue = z.output<ReturnType<typeof z.json>>;

/** `{secret: env:NAME}` becomes a Secret, at any depth. A reference that is none is reported with its path. */
function parameters() {
  return z
    .record(z.string(), z.json())
    .register(hints, { expected: 'parameters by name' })
    .transform((value, context) => {
      const read = (item: JsonValue, path: (string | number)[]): Parameter => {
        if (Array.isArray(item)) return item.map((element, index) => read(element, [...path, index]));
        if (item === null || typeof item !== 'object') return item;
        const keys = Object.keys(item);
        const reference = item.secret;
        if (keys.length === 1 && keys[0] === 'secret') {
          if (typeof reference === 'string' && SECRET_PATTERN.test(reference)) return new Secret(reference);
          context.addIssue({ code: 'custom', path: [...path, 'secret'], params: { secret: true } });
        }
        return Object.fromEntries(Object.entries(item).map(([key, child]) => [key, read(child, [...path, key])]));
      };
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item, [key])]));
    });
}

const guestPath = text('an absolute Windows path such as C:\\app\\setup.ini');

export const stepSchema = z.strictObject({
  name: label(63).describe('Name of the step, unique in the image.'),
  title: text('a title').optional().describe('What a person reads while it runs. Left out: the name.'),
  after: text('the name of a step')
    .optional()
    .describe(
      "Step, of ingot's or your own, that must be done before. Left out: the step above it in this list that has no `after` either; the first: `firewall`.",
    ),
  powershell: z
    .string()
    .regex(/\S/)
    .register(hints, { expected: 'PowerShell' })
    .optional()
    .describe('PowerShell (5.1) to run as Administrator. Exit code 0 is success.'),
  script: text('the path of a PowerShell script')
    .optional()
    .describe('PowerShell script to run as Administrator, relative to this file.'),
  parameters: parameters()
    .optional()
    .describe(
      'Parameters of `script` or `powershell`: one line of base64 of UTF-8 JSON on standard input. `{secret: env:NAME}` stands for a secret.',
    ),
  upload: z
    .strictObject({
      from: text('the path of a file or folder').describe('File or folder, relative to this file.'),
      to: guestPath.describe('Where it goes in Windows: an absolute path.'),
    })
    .optional()
    .describe('A file or folder to copy to Windows.'),
  restart: z.literal(true).optional().describe('Restart Windows and wait until it is back.'),
  timeout: duration().optional().describe('How long it may take. Left out: `timeouts.step`.'),
  retry: integer(0, 10).default(0).describe('How often it is tried again after a failure.'),
});

export const stepsSchema = z
  .array(stepSchema)
  .max(200)
  .register(hints, { expected: 'a list of at most 200 steps' })
  .default([])
  .describe('Your own steps. Each is one of `powershell`, `script`, `upload`, `restart`.');
