import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export const root = join(import.meta.dirname, '../..');
export const sample = join(root, 'images/windows-server-20h2.yaml');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly nodeFlags?: readonly string[];
}

/** The environment of a machine on which nobody set anything. */
export const bareEnv: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR: process.env.TMPDIR,
};

/** Starts `ingot` as a process of its own. */
export function start(args: readonly string[], { cwd = root, env = {}, nodeFlags = [] }: Options = {}) {
  return spawn(process.execPath, [...nodeFlags, join(root, 'cli/main.ts'), ...args], {
    cwd,
    env: { ...bareEnv, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs `ingot` to its end. */
export function ingot(args: readonly string[], options?: Options): Promise<Ended> {
  return ended(start(args, options));
}

/** Everything that a process says until it ends. */
export function ended(child: ReturnType<typeof start>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** An empty folder that is gone after the test. */
export function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ingot-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
