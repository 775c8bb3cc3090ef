// How long `ingot iso pack` takes beside `xorriso -as mkisofs -J`: node bench/pack.ts [RUNS]
//
// Whole processes, start-up of Node included, by turns, on the same folders: 200 small files, and one of 500 MB. ingot
// is compiled first, as its package is. What the runs before wrote is on the disk before the next one starts.
import { execFile, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const root = join(import.meta.dirname, '..');
const runs = Number(process.argv[2] ?? 9);
const folder = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'ingot-bench-'));
try {
  const main = await compiled();
  const cases = { '200 small files': await smallFiles(), 'one file of 500 MB': await largeFile() };
  const [load = 0] = loadavg();
  print(
    `${availableParallelism()} cores, load ${load.toFixed(2)}, Node.js ${process.versions.node}, ${runs} runs each\n`,
  );
  print('| | | min | median | max |\n|---|---|---|---|---|\n');
  await measure({ node: [process.execPath, '-e', '0'] }, 'Node.js alone');
  for (const [name, input] of Object.entries(cases)) {
    const out = join(folder, 'out.iso');
    const medians = await measure(
      {
        'ingot iso pack': [process.execPath, main, 'iso', 'pack', input, out],
        'xorriso -as mkisofs -J': ['xorriso', '-as', 'mkisofs', '-J', '-o', out, input],
      },
      name,
      out,
    );
    const [ours = 0, theirs = 1] = medians;
    print(`| ${name} | ratio of the medians | | ${(ours / theirs).toFixed(2)} | |\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The program as the package has it: JavaScript beside its package.json and packages. */
async function compiled(): Promise<string> {
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

async function smallFiles(): Promise<string> {
  const path = join(folder, 'small');
  await mkdir(path);
  for (let index = 0; index < 200; index += 1) {
    await writeFile(join(path, `file-${index}.txt`), randomFillSync(Buffer.alloc(100 + index * 40)));
  }
  return path;
}

async function largeFile(): Promise<string> {
  const path = join(folder, 'large');
  await mkdir(path);
  await using handle = await open(join(path, 'file.bin'), 'w');
  const chunk = Buffer.alloc(4_000_000);
  for (let written = 0; written < 500_000_000; written += chunk.length) await handle.write(randomFillSync(chunk));
  return path;
}

/** Prints the times of some commands, which are run by turns, and returns their medians. */
async function measure(
  commands: Readonly<Record<string, readonly [string, ...string[]]>>,
  what: string,
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

function print(text: string): void {
  process.stdout.write(text);
}
