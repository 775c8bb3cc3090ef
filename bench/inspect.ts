// How long `ingot iso inspect` takes on a Windows ISO of 5 GB: node bench/inspect.ts [RUNS]
//
// Whole processes by turns with `ingot --version`, which is what the program takes anyway. ingot is compiled first, as its
// package is. The ISO is made by genisoimage and wimlib; it is sparse.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largeWindowsIso } from '../test/iso/fixtures/windows-iso.ts';
import { compiled, measure, print, printHead } from './processes.ts';

const runs = Number(process.argv[2] ?? 15);
const folder = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), 'ingot-bench-'));
try {
  const main = await compiled(folder);
  const { iso } = await largeWindowsIso(folder);
  printHead(runs);
  const node = process.execPath;
  const [version = 0, table = 0, json = 0] = await measure(
    {
      'ingot --version': [node, main, '--version'],
      'ingot iso inspect': [node, main, 'iso', 'inspect', iso],
      'ingot iso inspect --json': [node, main, 'iso', 'inspect', '--json', iso],
    },
    'ISO of 5 GB',
    runs,
  );
  const less = (ms: number) => `${(ms - version).toFixed(1)} ms`;
  print(`| | less \`--version\` (medians) | | table ${less(table)}, JSON ${less(json)} | |\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
