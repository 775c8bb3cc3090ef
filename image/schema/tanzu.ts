import { z } from 'zod';

export const tanzuSchema = z.strictObject({}).describe('The Tanzu Kubernetes Grid that uses the template.');
