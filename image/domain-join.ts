import type { ParsedImage } from './schema/image.ts';
import type { Secret } from './secret.ts';

type Written = NonNullable<ParsedImage['windows']['sysprep']['domainJoin']>;

/** How a clone joins a domain or a workgroup: one of four ways. */
export type DomainJoin =
  | {
      readonly domain: string;
      readonly organizationalUnit?: string | undefined;
      readonly credentials: NonNullable<Written['credentials']>;
    }
  | {
      readonly domain: string;
      readonly organizationalUnit?: string | undefined;
      readonly machinePassword: Secret;
    }
  | { readonly accountData: Secret }
  | { readonly workgroup: string };

/** The keys of which there is exactly one. */
export const JOIN_WAYS = ['credentials', 'machinePassword', 'accountData', 'workgroup'] as const;

/** The one way that is written; the rules across fields must hold. */
export function finishDomainJoin(written: Written | undefined): DomainJoin | undefined {
  if (written === undefined) return undefined;
  const { domain = '', organizationalUnit, credentials, machinePassword, accountData, workgroup } = written;
  if (credentials !== undefined) return { domain, organizationalUnit, credentials };
  if (machinePassword !== undefined) return { domain, organizationalUnit, machinePassword };
  if (accountData !== undefined) return { accountData };
  return workgroup === undefined ? undefined : { workgroup };
}
