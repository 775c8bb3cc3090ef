import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { storeCertificates } from '../image/certificates.ts';
import type { Image } from '../image/index.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { few } from './support/few.ts';
import { explained } from './support/known-failures.ts';
import { script, scriptFiles } from './support/script.ts';

const found = z.object({
  store: z.string(),
  thumbprint: z.string(),
  present: z.boolean(),
  sha256: z.string(),
  subject: z.string(),
  notAfter: z.string(),
});
const change = changeOf(z.array(found));

const known = {
  'certificates.store-refused': {
    code: 'certificates.store-refused',
    message: 'expected the certificate store of the computer to take each certificate, found that it refused one',
    remedy: 'look for a policy that protects the store, or for endpoint protection in the image',
  },
  'certificates.thumbprint': {
    code: 'certificates.damaged',
    message: 'expected the certificates to arrive as they were sent, found another thumbprint',
    remedy: 'build again; if it stays so, report it',
  },
};

/** Certificates of the image file in the stores of the computer, proved by the digest of their bytes. */
export const certificates = defineStep({
  id: 'certificates',
  title: 'Trust certificates',
  needs: { shell: openssh },
  applies: (image) => image.certificates.length > 0 || 'none asked for',
  inputs: async (image) => ({
    certificates: (await storeCertificates(image.certificates)).map(({ store, sha256 }) => ({ store, sha256 })),
  }),
  files: scriptFiles('certificates'),
  output: z.object({ certificates: z.array(z.object({ store: z.string(), thumbprint: z.string() })) }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const { after } = await explained(
      script(context, 'certificates', await parametersOf(context.config), change),
      known,
    );
    return { certificates: after.map(({ store, thumbprint }) => ({ store, thumbprint })) };
  },
  async verify(context) {
    const wanted = await storeCertificates(context.config.certificates);
    const parameters = await parametersOf(context.config);
    const { before } = await script(context, 'certificates', parameters, change, { test: true });
    const lines = wanted.map(({ store, thumbprint, sha256, subject }) => {
      const now = before.find((one) => one.store === store && one.thumbprint === thumbprint);
      if (now?.present !== true || now.sha256 !== sha256) {
        throw new IngotError('certificates.missing', `expected the certificate of ${subject} in the store ${store}`, {
          evidence: [now?.present === true ? `found another of the thumbprint ${thumbprint}` : 'found none of it'],
          remedy: 'look for a policy or for software in the image that takes certificates back',
        });
      }
      return `${store}: ${subject}, SHA-256 ${sha256.slice(0, 16)}…`;
    });
    return few(lines);
  },
});

async function parametersOf({ certificates: sources }: Image) {
  const all = await storeCertificates(sources);
  return {
    certificates: all.map(({ store, thumbprint, der }) => ({ store, thumbprint, der: der.toString('base64') })),
  };
}
