import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { KeyPair } from './sshd.ts';

export interface SshAgent extends AsyncDisposable {
  readonly socket: string;
  /** Runs ssh-add against it. */
  add(...options: string[]): Promise<void>;
}

/** OpenSSH's own ssh-agent with these keys in it. */
export async function startAgent(keys: readonly KeyPair[]): Promise<SshAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-agent-'));
  const socket = join(folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  // It names its socket on standard output once it listens.
  await once(agent.stdout, 'data');
  const add = async (...options: string[]) => {
    await execa('ssh-add', ['-q', ...options], { env: { SSH_AUTH_SOCK: socket } });
  };
  for (const [index, key] of keys.entries()) {
    const path = join(folder, `key${index}`);
    await writeFile(path, key.privateKey, { mode: 0o600 });
    await add(path);
  }
  return {
    socket,
    add,
    async [Symbol.asyncDispose]() {
      agent.kill();
      await once(agent, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
