// Times whole processes, for the benches of single commands.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm, symlink } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const root = join(import.meta.dirname, '..');

/** Compiles the program into a folder as its package has it: JavaScript beside its package.json and packages. */
export async function compiled(folder: string): Promise<string> {
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await exec(process.execPath, [
    tsc,
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    join(folder, 'dist'),
    '--noCheck',
  ]);
  return join(folder, 'dist/cli/main.js');
}

/** The head of a table of times. */
export function printHead(runs: number): void {
  const [load = 0] = loadavg();
  print(
    `${availableParallelism()} cores, load ${load.toFixed(2)}, Node.js ${process.versions.node}, ${runs} runs each\n`,
  );
  print('| | | min | median | max |\n|---|---|---|---|---|\n');
}

/** Prints the times of some commands, which are run by turns, and returns their medians; `out` is removed before each. */
export async function measure(
  commands: Readonly<Record<string, readonly [string, ...string[]]>>,
  what: string,
  runs: number,
  out?: string,
): Promise<readonly number[]> {
  const times = Object.values(commands).map((): number[] => []);
  for (let run = 0; run <= runs; run += 1) {
    for (const [index, command] of Object.values(commands).entries()) {
      if (out !== undefined) {
        await rm(out, { force: true });
        await exec('sync');
      }
      const ms = await timed(command);
      if (run > 0) times[index]?.push(ms); // the first fills the caches of the machine and of Node
    }
  }
  return Object.keys(commands).map((command, index) => {
    const sorted = (times[index] ?? []).toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
    const [min, median, max] = [at(0), at(0.5), at(1)].map((ms) => `${ms.toFixed(ms < 200 ? 1 : 0)} ms`);
    print(`| ${what} | \`${command}\` | ${min} | ${median} | ${max} |\n`);
    return at(0.5);
  });
}

async function timed([command, ...args]: readonly [string, ...string[]]): Promise<number> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`expected ${command} ${args.join(' ')} to end with 0, found ${code}`);
  return performance.now() - started;
}

export function print(text: string): void {
  process.stdout.write(text);
}
