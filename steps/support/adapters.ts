import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { isReachable } from './addresses.ts';

/** What `ip-address.ps1` says of Windows' network adapters (docs/guest-contract.md). */
export const adaptersOutput = z.object({
  adapters: z.array(
    z.object({
      name: z.string(),
      mac: z.string(),
      status: z.string(),
      category: z.string(),
      addresses: z.array(
        z.object({ address: z.string(), prefix: z.number().int(), state: z.string(), origin: z.string() }),
      ),
      gateways: z.array(z.string()),
      dnsServers: z.array(z.string()),
    }),
  ),
});
export type Adapters = z.infer<typeof adaptersOutput>['adapters'];

/**
 * The procedure's `ipconfig`: the address that vCenter shows is one that Windows itself uses, and no other machine has it.
 * Returns a line a connected adapter.
 *
 * @throws IngotError `ip-address.duplicate`, `ip-address.inside`
 */
export function proveAdapters(adapters: Adapters, inVcenter: string): readonly string[] {
  const known = adapters.flatMap(({ addresses }) => addresses);
  const found = known.find(({ address }) => address.toLowerCase() === inVcenter.toLowerCase());
  const evidence = adapters.map(adapterText);
  if (found?.state === 'Duplicate') {
    throw new IngotError(
      'ip-address.duplicate',
      `expected ${inVcenter} to be the VM’s alone, found that Windows saw another machine with it`,
      {
        evidence,
        remedy: 'look for a second machine or lease with this address, or give the build’s network another range',
      },
    );
  }
  if (found === undefined || !isReachable(found.address)) {
    throw new IngotError('ip-address.inside', `expected Windows to have the address ${inVcenter} that vCenter shows`, {
      evidence,
      remedy: 'look whether the VM got another address meanwhile; build again',
    });
  }
  return evidence;
}

function adapterText({ name, status, category, addresses, gateways, dnsServers }: Adapters[number]): string {
  const usable = addresses.filter(({ address, state }) => isReachable(address) && state !== 'Duplicate');
  const shown = usable.map(({ address, prefix }) => `${address}/${prefix}`).join(', ') || 'no valid address';
  const profile = category === '' ? 'no network profile yet' : `network profile ${category}`;
  return `${name} (${status}): ${shown}; gateway ${gateways.join(', ') || 'none'}; DNS ${dnsServers.join(', ') || 'none'}; ${profile}`;
}
