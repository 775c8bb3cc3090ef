import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../common/json.ts';
import type { Exported } from '../../vsphere/ovf/export.ts';

const recordSchema = z.object({
  /** What the file is; a later version has another number. */
  kind: z.literal('ingot.ovf/1'),
  image: z.string(),
  name: z.string(),
  build: z.string(),
  fingerprint: z.string(),
  exported: z.iso.datetime(),
  format: z.enum(['ova', 'ovf']),
  /** Of the .ova or the .ovf, below the folder of the record. */
  path: z.string(),
  bytes: z.number(),
  /** Of the manifest. */
  sha256: z.string(),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  /** What lies on disk, relative to the folder: how it looked when it was whole. */
  onDisk: z.array(z.object({ path: z.string(), bytes: z.number(), modified: z.number() })),
});

/** What was exported: `NAME-BUILD.ingot.json`. */
export type OvfRecord = z.output<typeof recordSchema>;

export type OvfOrigin = Pick<OvfRecord, 'image' | 'name' | 'build' | 'fingerprint'>;

const SUFFIX = '.ingot.json';

/** The records of a folder of packages. What has none, ingot neither uses nor deletes. */
export function ovfRecords(directory: string) {
  const fileOf = ({ name, build }: Pick<OvfRecord, 'name' | 'build'>) => join(directory, `${name}-${build}${SUFFIX}`);
  const save = async (record: OvfRecord) => {
    const file = fileOf(record);
    await writeFile(`${file}.partial`, `${JSON.stringify(record, null, 2)}\n`);
    await rename(`${file}.partial`, file);
    return record;
  };
  const removePackage = async ({ path }: OvfRecord) => {
    const [top = ''] = path.split('/');
    await rm(join(directory, top), { recursive: true, force: true });
  };
  return {
    async all(): Promise<OvfRecord[]> {
      const names = (await readdir(directory)).filter((file) => file.endsWith(SUFFIX));
      const read = names.map(async (file) => {
        const text = await readFile(join(directory, file), 'utf8').catch(() => undefined);
        const { data } = recordSchema.safeParse(parseJson(text));
        return data !== undefined && basename(fileOf(data)) === file && isOwnPath(data) ? data : undefined;
      });
      return (await Promise.all(read)).filter((record) => record !== undefined);
    },
    async write(origin: OvfOrigin, { path, format, bytes, sha256, files }: Exported): Promise<OvfRecord> {
      const paths = format === 'ova' ? [path] : files.map(({ name }) => join(path, '..', name));
      return save({
        kind: 'ingot.ovf/1',
        ...origin,
        exported: new Date().toISOString(),
        format,
        path: relative(directory, path),
        bytes,
        sha256,
        files: [...files],
        onDisk: await Promise.all(paths.map((one) => lookAt(directory, relative(directory, one)))),
      });
    },
    /**
     * Whether all files are as they were: by size and time, which costs nothing. Where only times differ, as after the folder
     * was copied, every byte is read and held against the digests, and the times are noted.
     */
    async isWhole(record: OvfRecord, signal: AbortSignal): Promise<boolean> {
      const now = await Promise.all(record.onDisk.map(({ path }) => lookAt(directory, path).catch(() => undefined)));
      if (now.some((file, i) => file?.bytes !== record.onDisk[i]?.bytes)) return false;
      if (now.every((file, i) => file?.modified === record.onDisk[i]?.modified)) return true;
      const { holdsDigests } = await import('./ovf-digests.ts');
      if (!(await holdsDigests(join(directory, record.path), record, signal))) return false;
      await save({ ...record, onDisk: now.filter((file) => file !== undefined) });
      return true;
    },
    /** Deletes a package, and then its record: what broke off in between is taken up again. */
    async remove(record: OvfRecord): Promise<void> {
      await removePackage(record);
      await rm(fileOf(record), { force: true });
    },
    /** Deletes a package whose record is of another format meanwhile. */
    removePackage,
  };
}

/** What a record can name is what `write` names: nothing else is ever deleted. */
function isOwnPath({ name, build, format, path }: OvfRecord): boolean {
  const stem = `${name}-${build}`;
  return path === (format === 'ova' ? `${stem}.ova` : `${stem}/${stem}.ovf`);
}

async function lookAt(directory: string, path: string): Promise<OvfRecord['onDisk'][number]> {
  const { size, mtimeMs } = await stat(join(directory, path));
  return { path, bytes: size, modified: Math.floor(mtimeMs) };
}
