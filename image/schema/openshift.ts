import { z } from 'zod';

export const openshiftSchema = z.strictObject({}).describe('The OpenShift cluster that uses the template.');
