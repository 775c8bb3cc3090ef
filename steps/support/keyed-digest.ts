import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../image/index.ts';

/** In place of a secret in a fingerprint: a change shows, the secret does not, and guessing is slow. */
export const keyedDigest =
  (image: string) =>
  async (secret: Secret): Promise<string> => {
    const digest = await promisify(scrypt)(await secret.resolve(), `ingot:${image}:${secret.reference}`, 32);
    return Buffer.isBuffer(digest) ? digest.toString('hex') : '';
  };
