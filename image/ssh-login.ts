import { resolve } from 'node:path';
import type { AuthorizedKey } from './schema/authorized-key.ts';
import type { ParsedImage } from './schema/image.ts';
import type { AgentSource } from './schema/ssh-login.ts';

type Login = Pick<ParsedImage['openssh'], 'agent' | 'bastion'>;

/** The same login, its paths made absolute. */
export function absoluteLogin({ agent, bastion }: Login, directory: string): Login {
  if (bastion === undefined) return { agent: absoluteAgent(agent, directory) };
  return {
    agent: absoluteAgent(agent, directory),
    bastion: {
      ...bastion,
      agent: absoluteAgent(bastion.agent, directory),
      publicKey: bastion.publicKey && absoluteKey(bastion.publicKey, directory),
      knownHosts: bastion.knownHosts && resolve(directory, bastion.knownHosts),
    },
  };
}

function absoluteAgent(agent: AgentSource | undefined, directory: string): AgentSource | undefined {
  return agent?.socket === undefined ? agent : { socket: resolve(directory, agent.socket) };
}

function absoluteKey(key: AuthorizedKey, directory: string): AuthorizedKey {
  return key.kind === 'file' ? { kind: 'file', path: resolve(directory, key.path) } : key;
}
