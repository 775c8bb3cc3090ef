import { dirname, join } from 'node:path';
import { type OpenSource, openFileSource } from '../../iso/source.ts';
import { type OvfPackage, openOvf } from '../../vsphere/ovf/package.ts';

/** An OVF package on this machine, whose files are open until it is disposed of. */
export interface LocalPackage extends AsyncDisposable {
  readonly content: OvfPackage;
}

/** Opens a package by its descriptor. @throws IngotError `iso.open`, and what `openOvf` throws */
export async function openLocalPackage(descriptor: string): Promise<LocalPackage> {
  const opened: OpenSource[] = [];
  const open = async (path: string): Promise<OpenSource> => {
    const source = await openFileSource(path);
    opened.push(source);
    return source;
  };
  const dispose = async () => {
    await Promise.all(opened.map((source) => source.close()));
  };
  try {
    const content = await openOvf(await open(descriptor), (href) => open(join(dirname(descriptor), href)));
    return { content, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
