import { basename } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { IsoEntry } from '../../iso/writer/tree.ts';
import type { Digests } from './digests.ts';
import { localFiles } from './local-files.ts';

/** Where on the answer disc the ways to OpenSSH lie. */
const archiveName = 'OpenSSH-Win64.zip';
const folderName = 'openssh-fod';
/** The one package of the Features on Demand that is wanted, as Microsoft names it on the disc of every version. */
const PACKAGE = /^OpenSSH-Server-Package~.*\.cab$/i;

/** What `bootstrap.json` says of OpenSSH (docs/guest-contract.md); its digests are what can change the result. */
export async function opensshParameters({ openssh }: Image, digests: Digests) {
  const { sources, port, archive, featuresOnDemand } = openssh;
  const packages = await packagesOf(featuresOnDemand);
  return {
    sources: [...sources],
    port,
    archive: archive === undefined ? null : { name: archiveName, sha256: (await digests.of(archive)).sha256 },
    featuresOnDemand:
      packages.length === 0
        ? null
        : {
            folder: folderName,
            sha256: await Promise.all(packages.map(async (path) => (await digests.of(path)).sha256)),
          },
  };
}

/** The files that belong to it. @throws IngotError `openssh.sha256` when the archive is not the one that is named. */
export async function opensshEntries(
  { openssh }: Image,
  found: { readonly sha256: string } | null,
): Promise<IsoEntry[]> {
  const { archive, sha256, featuresOnDemand } = openssh;
  if (sha256 !== undefined && found !== null && found.sha256 !== sha256) {
    throw new IngotError('openssh.sha256', `expected ${archive} to have the SHA-256 ${sha256}, found ${found.sha256}`, {
      remedy: 'download it again, or correct openssh.sha256',
    });
  }
  const packages = await packagesOf(featuresOnDemand);
  return [
    ...(archive === undefined ? [] : [{ path: archiveName, file: archive }]),
    ...packages.map((file) => ({ path: `${folderName}/${basename(file)}`, file })),
  ];
}

async function packagesOf(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  const files = await localFiles(path, 'openssh.featuresOnDemand');
  const packages = files.map((file) => file.path).filter((file) => PACKAGE.test(basename(file)));
  if (packages.length > 0) return packages;
  throw new IngotError(
    'openssh.features-on-demand',
    `expected OpenSSH-Server-Package~…~amd64~~.cab in ${path}, found none among ${files.length} files`,
    {
      remedy:
        'copy it from the disc “Languages and Optional Features” of this Windows version (2019: “Features on Demand”), and name it in openssh.featuresOnDemand',
    },
  );
}
