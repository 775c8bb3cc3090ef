/** Whether a port takes each of the three; undefined: not known. */
export interface SecurityPolicy {
  readonly allowPromiscuous: boolean | undefined;
  readonly macChanges: boolean | undefined;
  readonly forgedTransmits: boolean | undefined;
}

type Setting = keyof SecurityPolicy;

const names: Readonly<Record<Setting, string>> = {
  allowPromiscuous: 'promiscuous mode',
  macChanges: 'MAC address changes',
  forgedTransmits: 'forged transmits',
};
const settings: readonly Setting[] = ['allowPromiscuous', 'macChanges', 'forgedTransmits'];

export const rejectAll = { allowPromiscuous: false, macChanges: false, forgedTransmits: false } as const;

export const wantedPolicy = settings.map((setting) => `${names[setting]} Reject`).join(', ');

/** As the procedure for Windows nodes has it; no cluster was at hand to see it. */
export const whyReject = 'Windows nodes flap between Ready and NotReady on a port group that accepts one of these.';

/** Who else is affected; a network for nodes alone has none but them. */
export function whoElse(vms: readonly unknown[]): string {
  const some = vms.length === 1 ? '1 VM or template is' : `${vms.length} VMs and templates are`;
  return vms.length === 0 ? '' : ` ${some} on it now, and a change is for all of them.`;
}

export function isRejected(policy: SecurityPolicy): boolean {
  return settings.every((setting) => policy[setting] === false);
}

/** `promiscuous mode Reject, MAC address changes Accept (inherited from vSwitch0), …`, in the vSphere Client's words. */
export function describePolicy(policy: SecurityPolicy, inherited: (setting: Setting) => string | undefined): string {
  return settings
    .map((setting) => {
      const value = policy[setting];
      const word = value === undefined ? 'not set' : value ? 'Accept' : 'Reject';
      const from = inherited(setting);
      return `${names[setting]} ${word}${from === undefined ? '' : ` (inherited from ${from})`}`;
    })
    .join(', ');
}
