// Files over SFTP next to OpenSSH's own sftp: node bench/sftp.ts [--runs N] [--mb N]
//
// Both talk to one real sshd on the loopback, in turns, up and down: the same file, to a place that is empty. ingot's time
// is told twice: the transfer alone, and the whole call, which digests the file on both sides besides (by Python here, in
// the place of PowerShell). sftp runs with its own defaults, and with the cipher that ingot prefers.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { connectGuest, type Guest } from '../guest/index.ts';
import { type Sshd, startSshd } from '../test/guest/sshd.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, mb: { type: 'string', default: '200' } },
});
const size = Number(values.mb) * 1_000_000;
const signal = AbortSignal.timeout(30 * 60_000);
const CIPHER = 'aes128-gcm@openssh.com';

type Direction = 'up' | 'down';
const folder = await mkdtemp(join(tmpdir(), 'ingot-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => process.exit(1));
const source = join(folder, 'source.bin');
await writeRandom(source);
await using sshd = await startSshd();
const remote = `${sshd.root}/C:/bench`;
await mkdir(remote, { recursive: true });
const identity = join(folder, 'key');
const known = join(folder, 'known');
await writeFile(identity, sshd.login.privateKey, { mode: 0o600 });
await writeFile(known, `[127.0.0.1]:${sshd.port} ${sshd.hostKeys[0]}\n`);
const guest = await connectGuest({
  ...{ host: '127.0.0.1', port: sshd.port, username: sshd.username, sftpRoot: sshd.root },
  ...{ privateKey: sshd.login.privateKey, hostKeys: sshd.hostKeys, signal, deadlineMs: 10_000 },
});

const load = () =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
process.stdout.write(`${values.mb} MB, ${values.runs} runs, load before ${load()}\n`);
for (const direction of ['up', 'down'] as const) await compare(direction, Number(values.runs));
process.stdout.write(`load after ${load()}\n`);
guest.close();

async function compare(direction: Direction, runs: number): Promise<void> {
  const times = { ingot: [] as number[], whole: [] as number[], sftp: [] as number[], gcm: [] as number[] };
  // The first of each fills the caches of the machine.
  for (let round = 0; round <= runs; round++) {
    const [transfer, whole] = await byIngot(guest, direction);
    const sftp = await bySftp(sshd, direction, []);
    const gcm = await bySftp(sshd, direction, ['-c', CIPHER]);
    if (round === 0) continue;
    times.ingot.push(transfer);
    times.whole.push(whole);
    times.sftp.push(sftp);
    times.gcm.push(gcm);
  }
  process.stdout.write(`${direction === 'up' ? 'upload' : 'download'}: min, median\n`);
  const base = Math.min(median(times.sftp), median(times.gcm));
  for (const [what, seconds] of [
    ['sftp', times.sftp],
    [`sftp -c ${CIPHER}`, times.gcm],
    ['ingot, transfer', times.ingot],
    ['ingot, digests on both sides too', times.whole],
  ] as const) {
    const shown = [Math.min(...seconds), median(seconds)].map((value) => value.toFixed(2).padStart(6)).join(' ');
    const rate = `${Math.round(size / 1e6 / median(seconds))} MB/s`.padStart(9);
    process.stdout.write(`  ${what.padEnd(36)}${shown} s ${rate}  ${(base / median(seconds)).toFixed(2)} × sftp\n`);
  }
}

/** Seconds of the transfer alone, and of the whole call. */
async function byIngot(session: Guest, direction: Direction): Promise<[number, number]> {
  const target = join(folder, 'target.bin');
  await prepare(direction, target);
  let first = 0;
  let last = 0;
  const onProgress = (done: number) => {
    if (first === 0) first = performance.now();
    if (done === size && last === 0) last = performance.now();
  };
  const begun = performance.now();
  await (direction === 'up'
    ? session.upload(source, '/C:/bench/x.bin', { signal, onProgress })
    : session.download('/C:/bench/x.bin', target, { signal, onProgress }));
  return [(last - first) / 1000, (performance.now() - begun) / 1000];
}

/** Seconds of the whole process less those of one that sends an empty file: login and start. */
async function bySftp({ port, username }: Sshd, direction: Direction, options: readonly string[]): Promise<number> {
  const target = join(folder, 'target.bin');
  await prepare(direction, target);
  const empty = join(folder, 'empty');
  await writeFile(empty, '');
  const command = direction === 'up' ? `put ${source} ${remote}/x.bin` : `get ${remote}/x.bin ${target}`;
  const seconds: number[] = [];
  for (const batch of [`put ${empty} ${remote}/empty`, command]) {
    const file = join(folder, 'batch');
    await writeFile(file, `${batch}\n`);
    const begun = performance.now();
    await run('sftp', [
      ...['-q', '-b', file, '-i', identity, '-P', String(port), ...options, '-F', 'none'],
      ...['-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none', '-o', `UserKnownHostsFile=${known}`],
      `${username}@127.0.0.1`,
    ]);
    seconds.push((performance.now() - begun) / 1000);
  }
  return (seconds[1] ?? 0) - (seconds[0] ?? 0);
}

async function prepare(direction: Direction, target: string): Promise<void> {
  await rm(target, { force: true });
  if (direction === 'up') await rm(join(remote, 'x.bin'), { force: true });
}

async function writeRandom(file: string): Promise<void> {
  await using handle = await open(file, 'w');
  for (let done = 0; done < size; done += 2 ** 24) await handle.write(randomBytes(Math.min(2 ** 24, size - done)));
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
