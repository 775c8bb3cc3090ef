import { z } from 'zod';

const COMPONENT_STORES = ['cleanup', 'reset-base', 'none'] as const;

export const cleanupSchema = z
  .strictObject({
    componentStore: z
      .enum(COMPONENT_STORES)
      .default('cleanup')
      .describe(
        'The component store (WinSxS): `cleanup` removes superseded components, `reset-base` also all that is needed to uninstall an update, `none` leaves it.',
      ),
    eventLogs: z.boolean().default(false).describe('Whether the event logs are emptied.'),
    retrim: z
      .boolean()
      .default(true)
      .describe('Whether free blocks of the disk are told to the datastore, so that a thin disk shrinks.'),
  })
  .prefault({})
  .describe('What is removed before the master is kept, beside temporary files and the update cache.');
