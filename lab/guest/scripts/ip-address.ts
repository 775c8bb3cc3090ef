import type { ScriptModel } from './call.ts';

const PREFIX = 8;

/** The adapters of the VM as Windows shows them. */
export const ipAddress: ScriptModel = (call) => {
  const duplicate = call.scenario.scenario.network?.duplicate === true;
  return {
    adapters: call.network().map(({ mac, address }, index) => ({
      name: `Ethernet${index}`,
      mac,
      status: 'Up',
      category: 'Public',
      addresses: [
        { address, prefix: PREFIX, state: duplicate ? 'Duplicate' : 'Preferred', origin: 'Dhcp' },
        { address: 'fe80::215:5dff:fe00:1', prefix: 64, state: 'Preferred', origin: 'WellKnown' },
      ],
      gateways: ['127.0.0.1'],
      dnsServers: ['127.0.0.1'],
    })),
  };
};
