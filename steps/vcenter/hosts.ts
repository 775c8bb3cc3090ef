import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import type { Compute } from '../../vsphere/inventory.ts';
import { isRef, refText } from '../../vsphere/values.ts';

/** The hosts that a datastore (mounts, of which some may have lost it) or a network is there for. */
export function hostsOf(seen: Readonly<Record<string, unknown>> | undefined): ReadonlySet<string> {
  const list: readonly unknown[] = Array.isArray(seen?.host) ? seen.host : [];
  const refs = list.flatMap((item) => {
    if (isRef(item)) return [item];
    if (typeof item !== 'object' || item === null) return [];
    const { key, mountInfo }: { key?: unknown; mountInfo?: { accessible?: boolean } | undefined } = item;
    return isRef(key) && mountInfo?.accessible !== false ? [key] : [];
  });
  return new Set(refs.map(refText));
}

/** Where vCenter does not choose the host: one that runs and has the datastore and all the networks. */
export async function usableHost(
  vc: Vsphere,
  compute: Compute,
  reach: readonly { readonly name: string; readonly hosts: ReadonlySet<string> }[],
  signal: AbortSignal,
) {
  const hosts = await vc.properties(compute.hosts, ['runtime.connectionState', 'runtime.inMaintenanceMode'], {
    signal,
  });
  const host = compute.hosts.find((ref, index) => {
    const { [index]: state } = hosts;
    const runs = state?.['runtime.connectionState'] === 'connected' && !state['runtime.inMaintenanceMode'];
    // An empty list tells nothing: not every vCenter fills it in.
    return runs && reach.every(({ hosts: having }) => having.size === 0 || having.has(refText(ref)));
  });
  if (host !== undefined) return host;
  throw new IngotError(
    'vsphere.no-host',
    `expected a connected host in ${compute.name}, which has no DRS, with ${reach.map(({ name }) => name).join(', ')}; found none`,
    {
      remedy: 'connect a host, leave maintenance mode, or name a datastore and a network that one host has',
    },
  );
}
