import { z } from 'zod';
import { duration, hints, text } from './fields.ts';

export const timeSchema = z
  .strictObject({
    ntp: z
      .array(text('the name or address of an NTP server', 253))
      .min(1)
      .max(10)
      .register(hints, { expected: 'a list of 1 to 10 NTP servers' })
      .describe(
        'NTP servers that Windows asks. The time service starts with Windows, and VMware Tools stop setting the clock.',
      ),
    pollInterval: duration()
      .optional()
      .describe('How often they are asked, 64s to 1d. Left out: Windows decides by how well the clock runs.'),
  })
  .describe("The clock, for Windows in a workgroup. Left out: Windows' own settings. The zone is `windows.timeZone`.");
