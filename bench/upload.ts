// How long an upload takes next to curl's: node bench/upload.ts [--runs N] [--gib N]
//
// Starts vcsim with TLS, and the lab with its proxy. To each, in turns, curl -T and ingot send the same file: ingot
// digests it on the way, once as it is (patched in one place) and once before the patch, too. Each upload of ingot is a
// process of its own; its time is taken for the upload alone and for the whole process with the login.
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs, promisify } from 'node:util';
import { startLab } from '../lab/client.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    gib: { type: 'string', default: '2' },
    // What the processes below are started with.
    server: { type: 'string' },
    file: { type: 'string' },
    mode: { type: 'string', default: 'one' },
  },
});
const ACCOUNT = { username: 'user', password: 'pass' };
if (values.server !== undefined && values.file !== undefined) await send(values.server, values.file, values.mode);
else await compare(Number(values.runs), Number(values.gib) * 2 ** 30);

interface Server {
  readonly name: string;
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

interface Sent {
  /** Seconds of the upload, and of the process. */
  readonly upload: number;
  readonly process: number;
  /** MiB of memory at its highest. */
  readonly rss: number;
}

/** One upload of ingot's, told as JSON. */
async function send(server: string, file: string, mode: string): Promise<void> {
  const [{ connect }, { openDatacenter }, { upload }, { filePieces }, { applyPatches }] = await Promise.all([
    import('../vsphere/connect.ts'),
    import('../vsphere/inventory.ts'),
    import('../vsphere/datastore-transfer.ts'),
    import('../steps/vcenter/file-pieces.ts'),
    import('../iso/patch.ts'),
  ]);
  const username = process.env.BENCH_USERNAME ?? ACCOUNT.username;
  const password = process.env.BENCH_PASSWORD ?? ACCOUNT.password;
  const vc = await connect({ server, username, password, tls: { insecure: true } });
  const location = (await openDatacenter(vc, 'DC0')).datastore('LocalDS_0');
  const handle = await open(file);
  const { size } = await handle.stat();
  await handle.close();
  const before = createHash('sha256');
  async function* hashed(pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      before.update(piece);
      yield piece;
    }
  }
  const content = () => {
    const pieces = mode === 'two' ? hashed(filePieces(file)) : filePieces(file);
    return applyPatches(pieces, [{ offset: 700_008, bytes: randomBytes(4) }]);
  };
  const started = performance.now();
  await upload(vc, location, 'bench-ingot.iso', { size, open: content });
  const seconds = (performance.now() - started) / 1000;
  await vc.close();
  process.stdout.write(JSON.stringify({ upload: seconds, rss: process.resourceUsage().maxRSS / 1024 }));
}

async function compare(runs: number, size: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-bench-'));
  const file = join(folder, 'disc.iso');
  // Also when it is interrupted: gigabytes are no good thing to leave.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const simulator = await startVcsim(folder);
  const lab = await startLab();
  try {
    await writeRandom(file, size);
    const username = lab.env.GOVC_USERNAME ?? '';
    const password = lab.env.GOVC_PASSWORD ?? '';
    const proxied = new URL(lab.env.GOVC_URL ?? '').host;
    const servers: Server[] = [
      { name: 'vcsim', host: simulator.host, ...ACCOUNT },
      { name: 'vcsim behind the lab’s proxy', host: proxied, username, password },
    ];
    for (const server of servers) await compareOn(server, file, size, runs);
  } finally {
    await lab.stop();
    simulator.stop();
  }
}

async function compareOn(server: Server, file: string, size: number, runs: number): Promise<void> {
  const curl: number[] = [];
  const one: Sent[] = [];
  const two: Sent[] = [];
  // The first of each fills the caches of the machine.
  for (let i = 0; i <= runs; i++) {
    const took = [await sendByCurl(server, file), await sendByIngot(server, file, 'one')] as const;
    const twice = await sendByIngot(server, file, 'two');
    if (i === 0) continue;
    curl.push(took[0]);
    one.push(took[1]);
    two.push(twice);
  }
  const base = median(curl);
  const line = (what: string, seconds: readonly number[], rss?: number) => {
    const [min, mid, max] = [Math.min(...seconds), median(seconds), Math.max(...seconds)];
    const rate = `${Math.round(size / 2 ** 20 / mid)} MiB/s`;
    const memory = rss === undefined ? '' : `  peak RSS ${Math.round(rss)} MiB`;
    const times = [min, mid, max].map((value) => value.toFixed(2).padStart(6)).join(' ');
    process.stdout.write(`  ${what.padEnd(44)}${times} s  ${rate}  ÷ curl ${(mid / base).toFixed(2)}${memory}\n`);
  };
  process.stdout.write(`${server.name}, ${(size / 2 ** 30).toFixed(1)} GiB, ${runs} runs: min, median, max\n`);
  line('curl -T', curl);
  for (const [what, sent] of [
    ['ingot: digest, patch', one],
    ['ingot: digest, patch, digest before it', two],
  ] as const) {
    const rss = Math.max(...sent.map((item) => item.rss));
    line(
      `${what}; upload`,
      sent.map((item) => item.upload),
      rss,
    );
    line(
      `${what}; process`,
      sent.map((item) => item.process),
    );
  }
}

async function sendByCurl({ host, username, password }: Server, file: string): Promise<number> {
  const url = `https://${host}/folder/bench-curl.iso?dcPath=DC0&dsName=LocalDS_0`;
  const args = ['-sk', '--fail', '-o', '/dev/null', '-w', '%{time_total}', '-u', `${username}:${password}`];
  const { stdout } = await run('curl', [...args, '-T', file, url]);
  return Number(stdout);
}

async function sendByIngot({ host, username, password }: Server, file: string, mode: string): Promise<Sent> {
  const started = performance.now();
  const args = [import.meta.filename, '--server', host, '--file', file, '--mode', mode];
  const env = { ...process.env, BENCH_USERNAME: username, BENCH_PASSWORD: password };
  const { stdout } = await run(process.execPath, args, { env });
  return { ...JSON.parse(stdout), process: (performance.now() - started) / 1000 };
}

async function startVcsim(folder: string): Promise<{ readonly host: string; stop(): void }> {
  const path = `${process.env.PATH}${delimiter}${join(homedir(), 'go', 'bin')}`;
  const args = ['-l', '127.0.0.1:0', '-username', ACCOUNT.username, '-password', ACCOUNT.password];
  const env = { ...process.env, PATH: path, TMPDIR: folder };
  const child = spawn(process.env.INGOT_VCSIM || 'vcsim', args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  const host = /@([^/]+)\/sdk/.exec(String(line))?.[1];
  if (host === undefined) throw new Error(`expected vcsim to tell its address, found ${String(line)}`);
  const stop = () => void child.kill('SIGKILL');
  process.once('exit', stop);
  return { host, stop };
}

async function writeRandom(file: string, size: number): Promise<void> {
  await using handle = await open(file, 'w');
  for (let done = 0; done < size; done += 2 ** 24) await handle.write(randomBytes(Math.min(2 ** 24, size - done)));
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
