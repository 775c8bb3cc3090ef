import { z } from 'zod';
import { hints, text } from './fields.ts';

/** Stores of LocalMachine by their names (`Cert:\LocalMachine\Root`). */
const CERTIFICATE_STORES = ['Root', 'CA', 'TrustedPublisher'] as const;
export type CertificateStore = (typeof CERTIFICATE_STORES)[number];

export const certificatesSchema = z
  .array(
    z.strictObject({
      file: text('the path of a certificate').describe(
        'Certificate in PEM or DER, relative to this file; of a PEM file all its certificates. Never with a private key.',
      ),
      store: z
        .enum(CERTIFICATE_STORES)
        .default('Root')
        .describe(
          'Store of the computer: `Root` for trusted roots, `CA` for intermediate ones, `TrustedPublisher` for those who sign software.',
        ),
    }),
  )
  .max(100)
  .register(hints, { expected: 'a list of at most 100 certificates' })
  .default([])
  .describe('Certificates that Windows trusts.');
