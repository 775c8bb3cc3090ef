import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { IngotError } from '../common/failure.ts';
import { VCSIM_VERSION } from './find-vcsim.ts';

const RELEASES = 'https://github.com/vmware/govmomi/releases/download';
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;

export interface DownloadOptions {
  /** Where `vcsim` is to lie. */
  readonly folder: string;
  readonly releases?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gets the official archive for this system, checks it against the release's checksums.txt (SHA-256) and puts `vcsim`
 * into the folder. Nothing is left there if it fails. Throws `lab.vcsim-download`.
 */
export async function downloadVcsim(options: DownloadOptions): Promise<void> {
  const base = `${options.releases ?? RELEASES}/${VCSIM_VERSION}`;
  const archive = archiveName();
  const [checksums, bytes] = await Promise.all([
    get(`${base}/checksums.txt`, options),
    get(`${base}/${archive}`, options),
  ]);
  const expected = checksums
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+\*?/))
    .find(([, name]) => name === archive)?.[0];
  const found = createHash('sha256').update(bytes).digest('hex');
  if (expected?.toLowerCase() !== found) {
    throw new IngotError(
      'lab.vcsim-download',
      `expected ${archive} to have the published SHA-256 ${expected ?? '(none published)'}, found ${found}`,
      { remedy: 'try again; if it stays so, what is between here and the releases changes files' },
    );
  }
  const unpacked = await mkdtemp(join(options.folder, 'unpack-'));
  try {
    await writeFile(join(unpacked, archive), bytes);
    await promisify(execFile)('tar', ['-xzf', join(unpacked, archive), '-C', unpacked, 'vcsim']);
    await chmod(join(unpacked, 'vcsim'), 0o755);
    await rename(join(unpacked, 'vcsim'), join(options.folder, 'vcsim'));
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** The archive's name as the project's release configuration builds it: `vcsim_Linux_x86_64.tar.gz`. */
export function archiveName(platform: string = process.platform, arch: string = process.arch): string {
  const system = { linux: 'Linux', darwin: 'Darwin' }[platform];
  const machine = { x64: 'x86_64', arm64: 'arm64' }[arch];
  if (system === undefined || machine === undefined) {
    throw new IngotError('lab.vcsim-download', `expected a release archive for ${platform} on ${arch}, found none`);
  }
  return `vcsim_${system}_${machine}.tar.gz`;
}

async function get(url: string, options: DownloadOptions): Promise<Buffer> {
  const deadline = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    throw new IngotError('lab.vcsim-download', `could not reach ${url}`, { unreachable: true, cause: error });
  });
  if (!response.ok) throw new IngotError('lab.vcsim-download', `expected ${url}, found HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
