import { makeDirectory, moveDatastoreFile } from '../../vsphere/datastore-files.ts';
import { datastorePath } from '../../vsphere/datastore-path.ts';
import { download, uploadText } from '../../vsphere/datastore-transfer.ts';
import { makeTopDirectory } from '../../vsphere/top-directory.ts';
import { agreedDatastore } from '../vcenter/image-lease.ts';
import { smallText } from '../vcenter/small-file.ts';
import type { CheckContext } from './target.ts';

/** Small files of a template on the datastore that all builds of the image agree on. */
export interface StateFolder {
  /** `[datastore] folder/name`. */
  pathOf(name: string): string;
  /** undefined for one that is not there. */
  read(name: string): Promise<string | undefined>;
  /** Whole or not at all: uploaded beside, then moved into place. */
  write(name: string, text: string, build: string): Promise<void>;
}

/** Where `latest.json` and what belongs to it are, below the root of a datastore. */
export const defaultFolder = (template: string): string => `ingot/templates/${template.replaceAll(/[/[\]]/g, '_')}`;

export async function stateFolder(
  { center, image, signal }: CheckContext,
  folder = image.publish.latest?.folder ?? defaultFolder(image.template.name),
): Promise<StateFolder> {
  const { vc } = center;
  const location = await agreedDatastore(center, image, signal);
  const pathOf = (name: string) => datastorePath(location.name, `${folder}/${name}`);
  return {
    pathOf,
    read: (name) => smallText(download(vc, location, `${folder}/${name}`, { signal }), signal),
    async write(name, text, build) {
      // vSAN and vVols want a namespace at the root; its friendly name is a link to it.
      if (!location.topLevelDirectories)
        await makeTopDirectory(vc, location, folder.split('/')[0] ?? folder, { signal });
      await makeDirectory(vc, location, folder, { parents: true, signal });
      const beside = `${folder}/${name}.${build}`;
      await uploadText(vc, location, beside, text, { signal });
      const [from, to] = [
        { location, path: beside },
        { location, path: `${folder}/${name}` },
      ];
      await moveDatastoreFile(vc, from, to, { force: true, signal });
    },
  };
}
