// Mutates the samples at random and loads them: never an exception, always a place, in bounded time.
//
//   npm run fuzz                                    10,000 mutations, a seed from the clock
//   node scripts-dev/fuzz-image.ts 50000 --seed 7   more, and the same again
//
// Prints each finding with its mutant and a closing summary; exits 1 if there is one.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judge, mutate, random } from '../test/image/mutate.ts';

const DEADLINE = 2000;
const SHOWN = 5;
const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } });
const rounds = Number(positionals[0] ?? 10_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: node scripts-dev/fuzz-image.ts [ROUNDS] [--seed NUMBER]');
  process.exit(2);
}

const folder = fileURLToPath(new URL('../images/', import.meta.url));
const samples = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(folder + name, 'utf8'));
const next = random(seed);
const start = performance.now();
let slowest = 0;
let findings = 0;
for (let round = 0; round < rounds; round += 1) {
  const mutant = mutate(samples[next(samples.length)] ?? '', next);
  const before = performance.now();
  const finding = judge(mutant, DEADLINE);
  slowest = Math.max(slowest, performance.now() - before);
  if (finding === undefined) continue;
  findings += 1;
  if (findings <= SHOWN) console.log(`mutation ${round}: ${finding}\n${mutant}\n`);
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(
  `${rounds} mutations of ${samples.length} samples, seed ${seed}: ${findings} findings, ` +
    `slowest ${Math.round(slowest)} ms, ${seconds} s in all`,
);
process.exitCode = findings === 0 ? 0 : 1;
