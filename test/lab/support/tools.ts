import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** PATH with Go's folder of binaries, where vcsim and govc may be. */
export const PATH = `${process.env.PATH}${delimiter}${join(homedir(), 'go', 'bin')}`;

/** Runs govc against a lab and returns its output. Rejects with what it wrote to standard error. */
export async function govc(env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  const { stdout } = await run('govc', args, {
    env: { ...process.env, PATH, GOVC_TLS_CA_CERTS: '', ...env },
    timeout: 30_000,
  });
  return stdout;
}

/** Values of `govc object.collect -s`. */
export async function collect(env: Readonly<Record<string, string>>, path: string, property: string): Promise<string> {
  return (await govc(env, 'object.collect', '-s', path, property)).trim();
}
