import { readFile } from 'node:fs/promises';
import type { AgentOptions, BastionOptions, GuestOptions } from '../../guest/index.ts';
import { type AuthorizedKey, type Image, readAuthorizedKeys } from '../../image/index.ts';

type Openssh = Image['openssh'];
type Login = Pick<GuestOptions, 'privateKey' | 'passphrase' | 'agent' | 'bastion'>;

/** How ingot logs in, with its secrets read: by key or agent, through a bastion or not. */
export async function sshLogin({ openssh }: Pick<Image, 'openssh'>): Promise<Login> {
  const [own, bastion] = await Promise.all([
    credentials(openssh, openssh.authorizedKeys),
    openssh.bastion && bastionLogin(openssh.bastion, openssh.authorizedKeys),
  ]);
  return { ...own, bastion };
}

async function bastionLogin(
  bastion: NonNullable<Openssh['bastion']>,
  authorizedKeys: readonly AuthorizedKey[],
): Promise<BastionOptions> {
  const { host, port, user, hostKeys, knownHosts, publicKey } = bastion;
  const [own, text] = await Promise.all([
    credentials(bastion, publicKey === undefined ? authorizedKeys : [publicKey]),
    knownHosts === undefined ? undefined : readFile(knownHosts, 'utf8'),
  ]);
  return { host, port, username: user, hostKeys, knownHosts: text, ...own };
}

async function credentials(
  { privateKey, passphrase, agent }: Pick<Openssh, 'privateKey' | 'passphrase' | 'agent'>,
  keys: readonly AuthorizedKey[],
): Promise<{ privateKey?: string | undefined; passphrase?: string | undefined; agent?: AgentOptions | undefined }> {
  if (agent === undefined) return { privateKey: await privateKey?.resolve(), passphrase: await passphrase?.resolve() };
  const publicKeys = await readAuthorizedKeys({ openssh: { authorizedKeys: keys } });
  return { agent: { socket: agent.socket, publicKeys } };
}
