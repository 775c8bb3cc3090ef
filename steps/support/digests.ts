import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';

const known = z.record(z.string(), z.object({ identity: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }));

/** SHA-256 and size of local files. A file that has not changed (device, inode, size, mtime) is not read again. */
export interface Digests {
  /** @throws IngotError `media.missing` when there is no such file. */
  of(path: string): Promise<FileDigest>;
  /** What changes when the content of a file may have changed. @throws IngotError `media.missing` */
  versionOf(path: string): Promise<string>;
  /** The SHA-256 of that version of a file, if it is known without reading it. */
  known(path: string, version: string): Promise<string | undefined>;
  /** Remembers what was read of a file that had that version before. */
  learn(path: string, version: string, sha256: string): Promise<void>;
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
    const { version, size } = await look(path);
    const remembered = await recall(path, version);
    if (remembered !== undefined) return { sha256: remembered, size };
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk);
    const sha256 = hash.digest('hex');
    await learn(path, version, sha256);
    return { sha256, size };
  }

  async function recall(path: string, version: string): Promise<string | undefined> {
    const remembered = (await memory)[path];
    return remembered?.identity === version ? remembered.sha256 : undefined;
  }

  async function learn(path: string, version: string, sha256: string): Promise<void> {
    const all = await memory;
    all[path] = { identity: version, sha256 };
    await mkdir(dirname(file), { recursive: true });
    // Several files are read at once, perhaps by several builds: each writes beside the file under a name of its own.
    const temporary = `${file}.${randomBytes(6).toString('hex')}`;
    await writeFile(temporary, JSON.stringify(all));
    await rename(temporary, file);
  }

  return {
    of(path) {
      const running = inFlight.get(path) ?? digest(path);
      inFlight.set(path, running);
      return running;
    },
    versionOf: async (path) => (await look(path)).version,
    known: recall,
    learn,
  };
}

async function look(path: string): Promise<{ readonly version: string; readonly size: number }> {
  const info = await stat(path, { bigint: true }).catch((cause) => {
    throw new IngotError('media.missing', `expected a file at ${path}, found none that can be read`, {
      remedy: 'put the file there or correct the path in the image file',
      cause,
    });
  });
  return { version: [info.dev, info.ino, info.size, info.mtimeNs].join('-'), size: Number(info.size) };
}
