import { readFile } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';

/** The public keys of the image file, one line each; files are read, comments stay. */
export async function authorizedKeys(image: Image): Promise<string[]> {
  const keys = image.openssh.authorizedKeys.map(async (key) => {
    if (key.kind === 'key') return [key.key];
    const text = await readFile(key.path, 'utf8').catch((cause) => {
      throw new IngotError(
        'openssh.public-key',
        `expected a public key in ${key.path}, found no file that can be read`,
        {
          remedy: 'make one with ssh-keygen, or correct openssh.authorizedKeys',
          cause,
        },
      );
    });
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  });
  return (await Promise.all(keys)).flat();
}
