import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';

const known = z.record(z.string(), z.object({ identity: z.string(), sha256: z.string() }));

/** SHA-256 and size of local files. A file that has not changed (device, inode, size, mtime) is not read again. */
export interface Digests {
  /** @throws IngotError `media.missing` when there is no such file. */
  of(path: string): Promise<FileDigest>;
}

export interface FileDigest {
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Digests remembered in a small JSON file; a file that is damaged or from another version is begun anew. */
export function rememberedDigests(file: string): Digests {
  const inFlight = new Map<string, Promise<FileDigest>>();
  const memory = readFile(file, 'utf8')
    .then((text) => known.parse(JSON.parse(text)))
    .catch((): z.infer<typeof known> => ({}));

  async function digest(path: string): Promise<FileDigest> {
    const info = await stat(path, { bigint: true }).catch((cause) => {
      throw new IngotError('media.missing', `expected a file at ${path}, found none that can be read`, {
        remedy: 'put the file there or correct the path in the image file',
        cause,
      });
    });
    const identity = [info.dev, info.ino, info.size, info.mtimeNs].join('-');
    const size = Number(info.size);
    const remembered = (await memory)[path];
    if (remembered?.identity === identity) return { sha256: remembered.sha256, size };
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk);
    const sha256 = hash.digest('hex');
    const all = await memory;
    all[path] = { identity, sha256 };
    await mkdir(dirname(file), { recursive: true });
    // Several files are read at once, perhaps by several builds: each writes beside the file under a name of its own.
    const temporary = `${file}.${randomBytes(6).toString('hex')}`;
    await writeFile(temporary, JSON.stringify(all));
    await rename(temporary, file);
    return { sha256, size };
  }

  return {
    of(path) {
      const running = inFlight.get(path) ?? digest(path);
      inFlight.set(path, running);
      return running;
    },
  };
}
