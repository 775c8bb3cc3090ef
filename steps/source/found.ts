import type { Image } from '../../image/index.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import type { LibraryItem } from '../../vsphere/library.ts';
import type { Digests } from '../support/digests.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { findSourceVm, type SourceVm } from './find.ts';
import { loginOf, type SourceLogin } from './login.ts';
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
 * @throws IngotError what `findSourceVm` and `openPackage` throw; `vsphere.not-found`, `source.item` for libraries
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
    const login = loginOf(opened.content.facts.extraConfig);
    await opened[Symbol.asyncDispose]();
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
    const identity = { item: item.id, contentVersion: item.contentVersion };
    return { kind: 'library', path: source.name, identity, linked: false, login: 'later', item };
  }
  const { path } = await openDatacenter(center.vc, image.placement.datacenter, { signal });
  const found = await findSourceVm(center.vc, image, source, path, signal);
  return { kind: 'vm', ...found, login: loginOf(found.extraConfig) };
}
