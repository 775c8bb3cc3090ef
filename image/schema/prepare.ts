import { z } from 'zod';

export const prepareSchema = z
  .strictObject({})
  .prefault({})
  .describe('What `ingot prepare` sets up in vCenter beside the failure domains.');
