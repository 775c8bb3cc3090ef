import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { version } from '../../common/version.ts';
import type { Image } from '../../image/index.ts';
import type { BuildEnv } from '../define.ts';
import type { Provenance } from './target.ts';

/** What the template of this build was made of. */
export async function provenanceOf(
  image: Image,
  { iso, records }: Pick<BuildEnv, 'iso' | 'records'>,
  steps: readonly string[],
): Promise<Provenance> {
  const [file, digest] = await Promise.all([readFile(image.file), image.source === undefined ? iso.digest() : null]);
  const prints = steps.flatMap((step) => {
    const print = records.fingerprintOf(step);
    return print === undefined ? [] : [[step, print] as const];
  });
  return {
    ingot: version(),
    imageFile: createHash('sha256').update(file).digest('hex'),
    iso: digest,
    steps: Object.fromEntries(prints),
  };
}
