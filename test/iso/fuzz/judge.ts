import { IngotError } from '../../../common/failure.ts';
import { type FileSystem, fileSource } from '../../../iso/filesystem.ts';
import { mediaFacts } from '../../../iso/inspect.ts';
import { openMedia } from '../../../iso/media.ts';
import type { RangedSource } from '../../../iso/source.ts';
import { readWim } from '../../../iso/wim.ts';
import { hasPlace } from '../tools.ts';

/** How the readers took an image. */
export interface Verdict {
  /** 'read', or the code of the first error. */
  readonly code: string;
  /** What must not be; undefined: all is well. */
  readonly finding: string | undefined;
  readonly milliseconds: number;
}

/** What issue and docs promise for any file. */
const SLOWEST = 2000;
const MOST_BYTES = 16 * 1024 * 1024;
const CODES = ['iso.corrupt', 'iso.unsupported', 'iso.unknown'];
/** Nodes of a tree that are visited: mutants have cyclic ones. */
const MOST_NODES = 80;

/** Reads an image in every way there is, and holds the outcome against what is promised. */
export async function judge(image: Buffer, kind: 'iso' | 'wim'): Promise<Verdict> {
  let bytes = 0;
  const source: RangedSource = {
    name: 'mutant',
    size: image.length,
    async read(offset, length) {
      bytes += length;
      // As from a file: bytes of their own.
      return Buffer.from(image.subarray(offset, offset + length));
    },
  };
  const errors: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => errors.push(error));
  };
  const begin = performance.now();
  if (kind === 'wim') await attempt(() => readWim(source));
  else {
    await attempt(async () => {
      const media = await openMedia(source);
      await attempt(() => mediaFacts(media));
      await visit(media.fileSystem, media.source, attempt);
    });
  }
  const milliseconds = performance.now() - begin;
  const [first] = errors;
  return {
    code: first === undefined ? 'read' : first instanceof IngotError ? first.code : 'crash',
    finding:
      errors.map(wrongError).find(Boolean) ?? (milliseconds > SLOWEST ? `took ${milliseconds} ms` : tooMuch(bytes)),
    milliseconds,
  };
}

function wrongError(error: unknown): string | undefined {
  if (!(error instanceof IngotError)) return `crash: ${error instanceof Error ? error.stack : String(error)}`;
  if (!CODES.includes(error.code)) return `unexpected code ${error.code}: ${error.message}`;
  if (error.code !== 'iso.unknown' && !hasPlace(error)) return `no structure and offset: ${error.message}`;
  return undefined;
}

function tooMuch(bytes: number): string | undefined {
  return bytes > MOST_BYTES ? `read ${bytes} bytes` : undefined;
}

async function visit(
  fileSystem: FileSystem,
  image: RangedSource,
  attempt: (work: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const folders = [''];
  let nodes = 0;
  for (let folder = folders.shift(); folder !== undefined && nodes < MOST_NODES; folder = folders.shift()) {
    const path = folder;
    await attempt(async () => {
      for (const name of ((await fileSystem.list(path)) ?? []).slice(0, MOST_NODES / 4)) {
        nodes += 1;
        await attempt(async () => {
          const node = await fileSystem.lookup(`${path}/${name}`);
          if (node?.kind === 'directory') folders.push(`${path}/${name}`);
          else if (node !== undefined) await fileSource(image, node).read(0, Math.min(node.size, 4096));
        });
      }
    });
  }
}
