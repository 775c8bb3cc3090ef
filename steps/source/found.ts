import type { Image } from '../../image/index.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { findSourceVm, type SourceVm } from './find.ts';
import { loginOf, type SourceLogin } from './login.ts';

/** What Windows comes from, as it was found. `identity` tells one state of it from another. */
export type FoundSource = { readonly login: SourceLogin | undefined } & ({ readonly kind: 'vm' } & SourceVm);

/**
 * Looks up the source of an image.
 * @throws IngotError what `findSourceVm` throws
 */
export async function findSource(image: Image, center: Vcenter, signal: AbortSignal): Promise<FoundSource> {
  const { source } = image;
  if (source === undefined || source.kind === 'ovf' || source.kind === 'library')
    throw new TypeError('an image without a source that is cloned');
  const { path } = await openDatacenter(center.vc, image.placement.datacenter, { signal });
  const found = await findSourceVm(center.vc, image, source, path, signal);
  return { kind: 'vm', ...found, login: loginOf(found.extraConfig) };
}
