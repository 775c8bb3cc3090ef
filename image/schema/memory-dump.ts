import { z } from 'zod';
import { parseSize, SIZE_PATTERN } from '../units.ts';
import { hints } from './fields.ts';

const MEMORY_DUMPS = ['automatic', 'kernel', 'small', 'none'] as const;

export const memoryDumpSchema = z
  .enum(MEMORY_DUMPS)
  .default('automatic')
  .describe(
    'What Windows writes when it stops with an error, before it restarts: `automatic` (kernel memory, the page file grows as it needs), `kernel`, `small` (256 KiB), `none`.',
  );

/** `managed`, or a size in bytes. */
export const pageFileSchema = z
  .string()
  .regex(new RegExp(`^managed$|${SIZE_PATTERN.source}`))
  .register(hints, {
    expected: 'managed or a size such as 4GiB',
    remedy: 'write managed, or a number and one of the units MiB, GiB',
  })
  .transform((value): 'managed' | number => (value === 'managed' ? value : (parseSize(value) ?? 0)))
  .prefault('managed')
  .describe(
    'Page file: `managed` by Windows, by the memory that each clone has; or one of this size on C:, which never grows.',
  );
