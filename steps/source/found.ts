import type { Image } from '../../image/index.ts';
import { keys, masterName } from '../../image/names.ts';
import { vmsNamed } from '../../vsphere/all-vms.ts';
import { readExtraConfig } from '../../vsphere/extra-config.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import type { LibraryItem } from '../../vsphere/library.ts';
import { parseMark } from '../publish/mark.ts';
import type { Digests } from '../support/digests.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { findSourceVm, ownSource, type SourceVm } from './find.ts';
import { loginOfMaster, loginOfTemplate, type SourceLogin } from './login.ts';
import type { OpenPackage } from './package.ts';

interface Found {
  /** For messages. */
  readonly path: string;
  /** What tells one state of it from another: equal as long as a clone comes out the same. */
  readonly identity: Readonly<Record<string, string>>;
  readonly linked: boolean;
  /** `later`: what a build of ours wrote onto it shows once it is deployed. */
  readonly login: SourceLogin | 'later' | undefined;
}

/** What Windows comes from, as it was found. */
export type FoundSource = Found &
  (
    | ({ readonly kind: 'vm' } & SourceVm)
    | { readonly kind: 'library'; readonly item: LibraryItem }
    | { readonly kind: 'package'; open(signal: AbortSignal): Promise<OpenPackage> }
  );

/**
 * Looks up the source of an image.
 *
 * @throws IngotError what `findSourceVm` and `openPackage` throw; `vsphere.not-found`, `source.item` for libraries;
 *   `source.own`
 */
export async function findSource(
  image: Image,
  vcenter: () => Promise<Vcenter>,
  digests: Digests,
  signal: AbortSignal,
): Promise<FoundSource> {
  const { source } = image;
  if (source === undefined) throw new TypeError('an image without a source');
  if (source.kind === 'ovf') {
    const { checkDigest, openPackage, packageIdentity } = await import('./package.ts');
    const [identity, opened] = await Promise.all([packageIdentity(source, digests), openPackage(source, signal)]);
    const { extraConfig } = opened.content.facts;
    await opened[Symbol.asyncDispose]();
    if (extraConfig.get(keys.image) === image.name) throw ownSource(source.name, image.name);
    const login = loginOfMaster(extraConfig);
    const open = async (until: AbortSignal): Promise<OpenPackage> => {
      const again = await openPackage(source, until);
      await checkDigest(source, again, until);
      return again;
    };
    return { kind: 'package', path: source.name, identity, linked: false, login, open };
  }
  const center = await vcenter();
  if (source.kind === 'library') {
    const { findLibraryItem } = await import('./library.ts');
    const item = await findLibraryItem(center.vc, source, signal);
    if (parseMark(item.description)?.image === image.name) throw ownSource(source.name, image.name);
    const identity = { item: item.id, contentVersion: item.contentVersion };
    return { kind: 'library', path: source.name, identity, linked: false, login: 'later', item };
  }
  const { path } = await openDatacenter(center.vc, image.placement.datacenter, { signal });
  const found = await findSourceVm(center.vc, image, source, path, signal);
  const login = found.isTemplate
    ? loginOfTemplate(found.extraConfig, await mastersOf(center, found.extraConfig.get(keys.image), signal))
    : loginOfMaster(found.extraConfig);
  return { kind: 'vm', ...found, login };
}

/** extraConfig of the VMs that have the name of an image's master, wherever they are. */
async function mastersOf({ vc }: Vcenter, image: string | undefined, signal: AbortSignal) {
  const masters = image === undefined ? [] : await vmsNamed(vc, masterName(image), { signal });
  return Promise.all(masters.map(({ vm }) => readExtraConfig(vc, vm, { signal })));
}
