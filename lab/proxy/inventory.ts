import type { VcsimClient } from '../vcsim/client.ts';
import { type Moref, readMoref } from '../vcsim/soap.ts';
import type { ProxyContext } from './call.ts';

const folders = new WeakMap<VcsimClient, Map<string, Moref>>();

/** Whether the entity's datacenter has a network of that name at the top of its network folder. */
export async function hasNetwork(lab: ProxyContext, entity: Moref, name: string): Promise<boolean> {
  const folder = await networkFolder(lab.vcsim, entity);
  return folder !== undefined && (await lab.vcsim.child(folder, name)) !== undefined;
}

/** The folder (or whatever holds it) of an entity. */
export async function parentOf(vcsim: VcsimClient, entity: Moref): Promise<Moref | undefined> {
  return readMoref((await vcsim.properties(entity, 'parent')).parent);
}

async function networkFolder(vcsim: VcsimClient, entity: Moref): Promise<Moref | undefined> {
  const known = folders.get(vcsim) ?? new Map<string, Moref>();
  folders.set(vcsim, known);
  const cached = known.get(entity.value);
  if (cached !== undefined) return cached;
  let datacenter: Moref | undefined = entity;
  while (datacenter !== undefined && datacenter.type !== 'Datacenter') datacenter = await parentOf(vcsim, datacenter);
  if (datacenter === undefined) return undefined;
  const found = readMoref((await vcsim.properties(datacenter, 'networkFolder')).networkFolder);
  if (found !== undefined) known.set(entity.value, found);
  return found;
}
