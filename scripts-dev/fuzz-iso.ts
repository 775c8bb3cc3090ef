// Mutates media of every format at random and reads them: facts or an error with structure and offset, in bounded time
// and memory.
//
//   node scripts-dev/fuzz-iso.ts                    10,000 mutations, a seed from the clock
//   node scripts-dev/fuzz-iso.ts 100000 --seed 7    more, and the same again
//
// Prints each finding with the changes that make it, and a closing summary; exits 1 if there is one. Needs what the
// tests of iso/ need (genisoimage, xorriso, wimlib-imagex).
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { judge } from '../test/iso/fuzz/judge.ts';
import { mutant } from '../test/iso/fuzz/mutate.ts';
import { makeSeeds } from '../test/iso/fuzz/seeds.ts';
import { random } from '../test/iso/mutate.ts';

const SHOWN = 5;
/** What readers may take (64 MB), and what the rest of the process does. Buffers are not on the heap. */
const HEAP_MB = 96;
const MOST_RESIDENT_MB = 400;

const HEAP_FLAG = `--max-old-space-size=${HEAP_MB}`;
if (!process.execArgv.includes(HEAP_FLAG)) {
  const [, script = '', ...rest] = process.argv;
  const { status } = spawnSync(process.execPath, [HEAP_FLAG, script, ...rest], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } });
const rounds = Number(positionals[0] ?? 10_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: node scripts-dev/fuzz-iso.ts [ROUNDS] [--seed NUMBER]');
  process.exit(2);
}

const rejections: unknown[] = [];
process.on('unhandledRejection', (reason) => rejections.push(reason));
const seeds = await makeSeeds();
const next = random(seed);
const codes = new Map<string, number>();
const start = performance.now();
let slowest = 0;
let findings = 0;
for (let round = 0; round < rounds; round += 1) {
  const chosen = seeds[round % seeds.length];
  if (chosen === undefined) break;
  const made = mutant(chosen, next);
  const { code, finding, milliseconds } = await judge(made.image, chosen.kind);
  slowest = Math.max(slowest, milliseconds);
  codes.set(code, (codes.get(code) ?? 0) + 1);
  const wrong = finding ?? (rejections.length > 0 ? `unhandled rejection: ${rejections.pop()}` : undefined);
  if (wrong !== undefined) {
    findings += 1;
    if (findings <= SHOWN) {
      console.log(`mutation ${round} of ${chosen.name}, ${made.size} bytes: ${wrong}`);
      for (const { offset, bytes } of made.changes) console.log(`  ${offset}: ${bytes.toString('hex')}`);
    }
  }
  made.undo();
}
const resident = Math.round(process.resourceUsage().maxRSS / 1024);
if (resident > MOST_RESIDENT_MB) {
  findings += 1;
  console.log(`the process took ${resident} MB, expected at most ${MOST_RESIDENT_MB}`);
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
const outcomes = [...codes].map(([code, count]) => `${count} ${code}`).join(', ');
console.log(
  `${rounds} mutations of ${seeds.length} media, seed ${seed}: ${findings} findings (${outcomes}), ` +
    `slowest ${Math.round(slowest)} ms, at most ${resident} MB, ${seconds} s in all`,
);
process.exitCode = findings === 0 ? 0 : 1;
