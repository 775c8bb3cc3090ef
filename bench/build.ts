// How long a whole build takes: npm run bench [-- RUNS]
//
// Starts one lab with an instant guest, then runs `ingot build` as a process of its own, each time with an image of
// another name, and prints wall times and the SOAP requests of each build.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../lab/client.ts';

const root = join(import.meta.dirname, '..');
const runs = Number(process.argv[2] ?? 10);
const folder = await mkdtemp(join(tmpdir(), 'ingot-bench-'));
const lab = await startLab({ speed: 'instant' });
try {
  const times: number[] = [];
  const requests: number[] = [];
  let methods: Readonly<Record<string, number>> = {};
  for (let run = 0; run <= runs; run++) {
    const image = await imageNamed(`bench-${run}`);
    await lab.resetCounts();
    const ms = await build(image);
    if (run === 0) continue; // fills the caches of the machine and of Node
    methods = await lab.counts();
    times.push(ms);
    requests.push(soapRequests(methods));
  }
  print('wall time', 'ms', times);
  print('SOAP requests', '', requests);
  for (const [method, count] of Object.entries(methods).toSorted(([, a], [, b]) => b - a)) {
    process.stdout.write(`  ${String(count).padStart(5)}  ${method}\n`);
  }
} finally {
  await lab.stop();
  await rm(folder, { recursive: true, force: true });
}

async function imageNamed(name: string): Promise<string> {
  const sample = await readFile(join(root, 'images/windows-server-20h2.yaml'), 'utf8');
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, sample.replaceAll(/^( *name:) windows-server-20h2$/gm, `$1 ${name}`));
  return file;
}

/** Milliseconds from the start of the process to its end. */
async function build(image: string): Promise<number> {
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [join(root, 'cli/main.ts'), 'build', image, '--reporter', 'plain', '--journal-dir', folder],
    { env: { ...process.env, ...lab.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`expected the build of ${image} to end with 0, found ${code}:\n${said}`);
  return performance.now() - started;
}

/** Calls of vSphere methods; what is not SOAP is counted as `PUT /folder` and the like. */
function soapRequests(counts: Readonly<Record<string, number>>): number {
  return Object.entries(counts)
    .filter(([name]) => !name.includes(' '))
    .reduce((sum, [, count]) => sum + count, 0);
}

function print(what: string, unit: string, values: readonly number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0);
  process.stdout.write(`${what}: min ${at(0)}, median ${at(0.5)}, max ${at(1)} ${unit}`.trimEnd());
  process.stdout.write(` (${values.length} builds)\n`);
}
