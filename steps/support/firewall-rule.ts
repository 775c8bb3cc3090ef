import { z } from 'zod';

/** A rule of Windows Firewall as the guest tells it (docs/guest-contract.md). */
export const firewallRule = z.object({
  name: z.string(),
  /** A number, a range, a list of them, or Any. */
  port: z.string(),
  protocol: z.string(),
  enabled: z.boolean(),
  direction: z.string(),
  action: z.string(),
  edgeTraversal: z.string(),
  /** Any, or names in alphabetical order, with commas. */
  profile: z.string(),
  remoteAddresses: z.array(z.string()),
  program: z.string(),
});
export type FirewallRule = z.infer<typeof firewallRule>;

/** What a rule is to be. */
export interface WantedRule extends Omit<FirewallRule, 'enabled' | 'profile'> {
  readonly profiles: readonly string[];
}

/** Whether a rule that was found is enabled and what was asked for. */
export function sameRule(found: FirewallRule, wanted: WantedRule): boolean {
  return (
    found.enabled &&
    found.port === wanted.port &&
    found.protocol === wanted.protocol &&
    found.direction === wanted.direction &&
    found.action === wanted.action &&
    found.edgeTraversal === wanted.edgeTraversal &&
    profileText(found.profile.split(',')) === profileText(wanted.profiles) &&
    addressText(found.remoteAddresses) === addressText(wanted.remoteAddresses) &&
    programText(found.program) === programText(wanted.program)
  );
}

/** All three profiles are the same as any, and Windows may write one for the other. */
function profileText(profiles: readonly string[]): string {
  const text = [...profiles].sort().join();
  return text === 'Domain,Private,Public' ? 'Any' : text;
}

/** Windows writes a network with its mask (10.0.0.0/255.0.0.0 for 10.0.0.0/8), and a single address without one. */
function addressText(addresses: readonly string[]): string {
  const texts = addresses.map((address) => {
    const [, network = '', mask] = /^([^/]+)\/(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
    if (mask === undefined) return address.toLowerCase().replace(/\/32$/, '');
    const bits = mask.split('.').reduce((sum, byte) => sum + (Number(byte).toString(2).match(/1/g)?.length ?? 0), 0);
    return bits === 32 ? network : `${network}/${bits}`;
  });
  return texts.sort().join();
}

/** Paths regardless of case; the variables that stand for Windows' own folders are as good as what they stand for. */
function programText(program: string): string {
  return program
    .toLowerCase()
    .replaceAll('%systemroot%', 'c:\\windows')
    .replaceAll('%windir%', 'c:\\windows')
    .replaceAll('%programfiles%', 'c:\\program files')
    .replaceAll('%systemdrive%', 'c:');
}
