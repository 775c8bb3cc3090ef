import { z } from 'zod';
import { defineStep } from './define.ts';
import { pickAddress } from './support/addresses.ts';
import { whileOn } from './support/while-on.ts';
import { vmwareTools } from './vmware-tools.ts';

/** An address in vCenter at which the guest can be reached: neither 169.254/16 nor link-local. */
export const ipAddress = defineStep({
  id: 'ip-address',
  title: 'Wait for a valid IP address in vCenter',
  needs: { tools: vmwareTools },
  output: z.object({ address: z.string(), reported: z.array(z.string()) }),
  timeout: (image) => image.timeouts.ip,
  async run({ vcenter, signal, timeoutMs, progress }) {
    const machine = await (await vcenter()).master(signal);
    return whileOn(
      machine,
      ({ addresses }) => {
        const address = pickAddress(addresses);
        if (address !== undefined) return { address, reported: [...addresses] };
        progress(addresses.length === 0 ? 'no address yet' : `only ${addresses.join(', ')}`);
        return undefined;
      },
      { what: 'an IP address that is not link-local (is there DHCP on this network?)', deadlineMs: timeoutMs, signal },
    );
  },
  verify: async (_, { address }) => [address],
});
