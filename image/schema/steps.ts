import { z } from 'zod';
import { duration, hints, integer, label, text } from './fields.ts';
import { plainData } from './plain-data.ts';

const guestPath = text('an absolute Windows path such as C:\\app\\setup.ini');

export const stepSchema = z.strictObject({
  name: label(63).describe('Name of the step, unique in the image.'),
  title: text('a title').optional().describe('What a person reads while it runs. Left out: the name.'),
  after: text('the name of a step')
    .optional()
    .describe(
      "Step, of ingot's or your own, that must be done before. Left out: the step above it in this list that has no `after` either; the first: `memory-dump`.",
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
  parameters: plainData('parameters by name')
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
  reboot: z
    .literal('if-needed')
    .optional()
    .describe(
      'Restart Windows if it wants to afterwards, and run the step again, which must find nothing left to do. `timeout` covers all of it.',
    ),
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
