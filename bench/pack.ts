// How long `ingot iso pack` takes beside `xorriso -as mkisofs -J`: node bench/pack.ts [RUNS]
//
// Whole processes, start-up of Node included, by turns, on the same folders: 200 small files, and one of 500 MB. ingot
// is compiled first, as its package is. BENCH_DIR names the folder to work in: in memory (/dev/shm) the disk is not measured.
import { randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled, measure, print, printHead } from './processes.ts';

const runs = Number(process.argv[2] ?? 9);
const folder = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'ingot-bench-'));
try {
  const main = await compiled(folder);
  const cases = { '200 small files': await smallFiles(), 'one file of 500 MB': await largeFile() };
  printHead(runs);
  await measure({ node: [process.execPath, '-e', '0'] }, 'Node.js alone', runs);
  for (const [name, input] of Object.entries(cases)) {
    const out = join(folder, 'out.iso');
    const medians = await measure(
      {
        'ingot iso pack': [process.execPath, main, 'iso', 'pack', input, out],
        'xorriso -as mkisofs -J': ['xorriso', '-as', 'mkisofs', '-J', '-o', out, input],
      },
      name,
      runs,
      out,
    );
    const [ours = 0, theirs = 1] = medians;
    print(`| ${name} | ratio of the medians | | ${(ours / theirs).toFixed(2)} | |\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
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
