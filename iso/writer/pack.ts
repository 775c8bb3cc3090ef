import { realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import { checkOutput, type Output, writeChunks, writeOutput } from '../output-file.ts';
import { discBytes } from './bytes.ts';
import { measured } from './content.ts';
import { folderEntries } from './folder.ts';
import { checkOptions, type IsoOptions, layOut } from './layout.ts';

export interface PackOptions extends IsoOptions {
  /** Replace the file if there is one. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

export interface Packed {
  /** Bytes of the disc. */
  readonly size: number;
  readonly files: number;
  /** Without the root. */
  readonly folders: number;
}

/** Two of them; more is not faster, and memory that is touched for the first time costs as much as writing it. */
const CHUNK = 512 * 1024;
const SYNC_UP_TO = 256 * 1024;

/**
 * Writes a disc with all files and folders below a folder, to a temporary name first.
 *
 * @throws IngotError `iso.output`, `iso.folder`, `iso.special-file`, and those of {@link writeIso}
 */
export async function packFolder(folder: string, file: string, options: PackOptions): Promise<Packed> {
  const { force, signal } = options;
  checkOptions(options);
  const output = checkOutput(file, force);
  const entries = folderEntries(folder);
  refuseInside(folder, output);
  const layout = layOut(await Promise.all(entries.map(measured)), options);
  const { size, files, folders } = layout;
  const chunk = Math.min(CHUNK, size);
  await writeOutput(output, force, async (temporary) => {
    await using handle = await open(temporary, 'wx');
    const buffers = [Buffer.allocUnsafeSlow(chunk), Buffer.allocUnsafeSlow(chunk)] as const;
    let turn: 0 | 1 = 0;
    const buffer = () => {
      turn = turn === 0 ? 1 : 0;
      return buffers[turn];
    };
    await writeChunks(handle, discBytes(layout, { buffer, syncUpTo: SYNC_UP_TO }), signal);
  });
  return { size, files: files.length, folders };
}

/** A disc inside its own folder would hold the one before, and the next one this. */
function refuseInside(folder: string, { path }: Output): void {
  const inside = relative(realpathSync(folder), path);
  if (inside === '..' || inside.startsWith(`..${sep}`)) return;
  throw new IngotError('iso.output', `Expected to write outside of the folder ${folder}, found ${path}`, {
    remedy: 'Name a file elsewhere.',
  });
}
