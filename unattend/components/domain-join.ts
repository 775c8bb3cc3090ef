import type { PassTree, SettingTree } from '../settings.ts';

/** How a computer joins a domain, or a workgroup, at its first start. */
export type DomainJoin =
  | {
      readonly domain: string;
      /** Distinguished name, such as `OU=Nodes,DC=example,DC=com`. */
      readonly organizationalUnit?: string | undefined;
      /** An account that may add computers. Its password stands in the file in plain text: Windows knows no other form. */
      readonly credentials: {
        readonly username: string;
        readonly password: string;
        /** Left out: the user name says it (`user@example.com` or `EXAMPLE\user`). */
        readonly domain?: string | undefined;
      };
    }
  | {
      readonly domain: string;
      readonly organizationalUnit?: string | undefined;
      /** Password of a computer account that exists already (an “unsecure join”: nobody logs in to the domain). */
      readonly machinePassword: string;
    }
  /** What `djoin.exe /provision /savefile` wrote: for one computer name only. */
  | { readonly accountData: string }
  | { readonly workgroup: string };

/**
 * Microsoft-Windows-UnattendedJoin in specialize. With `UnsecureJoin` there must be no Credentials, and of Provisioning
 * and Credentials only one is used. Source: Unattended Windows Setup Reference, Microsoft-Windows-UnattendedJoin.
 */
export function domainJoin(join: DomainJoin): PassTree {
  return { specialize: { 'Microsoft-Windows-UnattendedJoin': { Identification: identification(join) } } };
}

function identification(join: DomainJoin): SettingTree {
  if ('workgroup' in join) return { JoinWorkgroup: join.workgroup };
  if ('accountData' in join) return { Provisioning: { AccountData: join.accountData } };
  const where = { JoinDomain: join.domain, MachineObjectOU: join.organizationalUnit };
  if ('machinePassword' in join) return { ...where, MachinePassword: join.machinePassword, UnsecureJoin: true };
  const { domain, username, password } = join.credentials;
  return { Credentials: { Domain: domain, Password: password, Username: username }, ...where };
}
