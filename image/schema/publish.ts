import { z } from 'zod';

export const publishSchema = z
  .strictObject({})
  .prefault({})
  .describe('Where the template goes once it is built, and who is told.');
