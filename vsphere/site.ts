import type { Vsphere } from './connect.ts';
import type { VsphereEvent } from './events.ts';

/** A vCenter with the account and the trust that an image file names. */
export interface Site {
  readonly server: string;
  readonly username: string;
  readonly password: { resolve(): Promise<string> };
  readonly caFile?: string | undefined;
  readonly thumbprint?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** Connects; see `connect`. The client is loaded, and the password read, only now. */
export async function connectTo(
  { server, username, password, caFile, thumbprint, insecure = false }: Site,
  options: { readonly signal?: AbortSignal; readonly onEvent?: (event: VsphereEvent) => void } = {},
): Promise<Vsphere> {
  const [{ connect }, secret] = await Promise.all([import('./connect.ts'), password.resolve()]);
  return connect({ server, username, password: secret, tls: { caFile, thumbprint, insecure }, ...options });
}
