import { z } from 'zod';
import { defineStep } from './define.ts';
import { pickAddress } from './support/addresses.ts';
import { explained } from './support/late.ts';
import { whileOn } from './support/while-on.ts';
import { vmwareTools } from './vmware-tools.ts';

/** An address in vCenter at which the guest can be reached: neither 169.254/16 nor link-local. */
export const ipAddress = defineStep({
  id: 'ip-address',
  title: 'Wait for a valid IP address in vCenter',
  needs: { tools: vmwareTools },
  output: z.object({ address: z.string(), reported: z.array(z.string()) }),
  timeout: (image) => image.timeouts.ip + image.timeouts.task,
  async run({ vcenter, config, signal, progress }) {
    const machine = await (await vcenter()).master(signal);
    let found = 'no address yet';
    const wait = whileOn(
      machine,
      ({ addresses }) => {
        const address = pickAddress(addresses);
        if (address !== undefined) return { address, reported: [...addresses] };
        found = addresses.length === 0 ? 'no address yet' : `only ${addresses.join(', ')}`;
        progress(found);
        return undefined;
      },
      { what: 'an IP address that is not link-local', deadlineMs: config.timeouts.ip, signal },
    );
    return explained(wait, () => ({
      evidence: [found],
      remedy: `look for DHCP on the network ${config.placement.network}, and whether the NIC of ${machine.name} is connected; raise timeouts.ip if the address only takes longer`,
    }));
  },
  verify: async (_, { address }) => [address],
});
