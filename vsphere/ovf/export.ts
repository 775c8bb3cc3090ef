import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import { extraConfigMap } from '../extra-config.ts';
import type { SnapshotRef } from '../snapshot.ts';
import { refText } from '../values.ts';
import type { VmRef } from '../vm.ts';
import { createDescriptor } from './create-descriptor.ts';
import { setExtraConfig } from './descriptor.ts';
import { exportFiles } from './export-files.ts';
import { openExport, type TemporaryClone } from './export-lease.ts';
import { type OpenLease, withLease } from './lease.ts';
import { LeaseHosts } from './lease-host.ts';
import { downloadFile, STALL_MS } from './lease-transfer.ts';
import { compareWithLease, writeManifest } from './manifest.ts';
import { type PackageWriter, requireFolder, scarceSpace, type WrittenFile } from './writer.ts';

export type { TemporaryClone } from './export-lease.ts';

export interface ExportProgress {
  /** The file that is written. */
  readonly file: string;
  /** Bytes of the whole export so far. */
  readonly bytes: number;
  /** vCenter's estimate of what there will be; the truth may be less or more. */
  readonly total: number | undefined;
}

export interface ExportOptions {
  readonly signal: AbortSignal;
  /** Of the package's files (`NAME.ovf`, `NAME-disk-0.vmdk`), and of the VM in it: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** Made if it is missing. */
  readonly directory: string;
  /** `ovf`: DIRECTORY/NAME/NAME.ovf and its files. `ova`: DIRECTORY/NAME.ova. */
  readonly format: 'ovf' | 'ova';
  /** This state of the VM, which may then be on, and not its present one. */
  readonly snapshot?: SnapshotRef | undefined;
  /** Where a copy goes when vCenter does not export a template as it is; undefined: that is an error. */
  readonly clone?: TemporaryClone | undefined;
  /** Keys of extraConfig that must be in the package, whatever vCenter puts there. */
  readonly keepExtraConfig?: ((key: string) => boolean) | undefined;
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Milliseconds for the whole export; default 12 hours. */
  readonly deadlineMs?: number | undefined;
  /** Milliseconds without a byte after which it is given up; default 10 minutes. */
  readonly stallMs?: number | undefined;
}

export interface ExportedFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

export interface Exported {
  /** Of the .ovf or the .ova. */
  readonly path: string;
  readonly format: 'ovf' | 'ova';
  /** The bytes of all files, without what tar adds. */
  readonly bytes: number;
  /** Descriptor, manifest, then the files in the descriptor's order. */
  readonly files: readonly ExportedFile[];
  /** Of the manifest, which holds the digests of all other files: what tells two exports apart. */
  readonly sha256: string;
}

const DEADLINE_MS = 12 * 60 * 60_000;

/**
 * Exports a VM or template that is off as an OVF package of version 1.x, streamed to disk: memory does not grow with the
 * disks. Digests are computed on the way and held against those of vCenter. Until all is there nothing has the package's
 * name; after a failure or an interrupt nothing is left, also no lease, which would keep the VM from being started. An
 * export that broke off begins anew: a lease cannot be taken up again.
 *
 * @throws IngotError `ovf.powered-on`, `ovf.template` (vCenter refuses, and no `clone` was given), `ovf.lease`,
 * `ovf.download`, `ovf.host`, `ovf.digest`, `ovf.descriptor`, `ovf.no-space`, `ovf.busy`, `ovf.write`, `ovf.name`,
 * `vsphere.deadline`; VsphereFault; the signal's reason
 */
export async function exportOvf(vc: Vsphere, vm: VmRef, options: ExportOptions): Promise<Exported> {
  const { name, directory, format, signal, deadlineMs = DEADLINE_MS } = options;
  if (!/^[\w][\w.-]*$/.test(name)) throw badName(name);
  signal.throwIfAborted();
  await requireFolder(directory);
  const leased = { what: `the export of ${name} (${refText(vm)})`, signal, deadlineMs };
  await using opened = await openExport(vc, vm, options, leased);
  let writer: PackageWriter | undefined;
  try {
    const { descriptor, written } = await withLease(vc, opened.lease, opened.info, leased, async (lease) => {
      // Not before: while another export of the VM is waited for nothing is written, and a file would seem to be a dead one's.
      writer = await openWriter(options);
      return transfer(vc, { source: vm, exported: opened.vm }, lease, writer, options);
    });
    signal.throwIfAborted();
    if (writer === undefined) throw new Error('an export without a writer');
    const finished = await writer.finish(descriptor, (own) => writeManifest([own, ...written]));
    const all = [finished.descriptor, finished.manifest, ...written];
    return {
      path: finished.path,
      format,
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      files: all.map(({ name: file, bytes, sha256 }) => ({ name: file, bytes, sha256 })),
      sha256: finished.manifest.sha256,
    };
  } catch (error) {
    await writer?.discard();
    throw error;
  }
}

async function openWriter({ format, directory, name }: ExportOptions): Promise<PackageWriter> {
  if (format === 'ova') return (await import('./write-ova.ts')).ovaWriter(directory, name);
  return (await import('./write-folder.ts')).folderWriter(directory, name);
}

/** `source` is what the package is of, `exported` what is read: a copy of it, or itself. */
async function transfer(
  vc: Vsphere,
  { source, exported }: { readonly source: VmRef; readonly exported: VmRef },
  lease: OpenLease,
  writer: PackageWriter,
  options: ExportOptions,
): Promise<{ readonly descriptor: string; readonly written: readonly WrittenFile[] }> {
  const { name, onProgress, stallMs = STALL_MS } = options;
  const { signal } = lease;
  const files = exportFiles(lease.info, name);
  const known = files.reduce((sum, { estimate }) => sum + (estimate ?? 0), 0);
  const scarce = await scarceSpace(options.directory, known);
  if (scarce !== undefined) options.onWarning?.(scarce);
  const total = known > 0 ? known : lease.info.totalDiskCapacityInKB * 1024 || undefined;
  const keep = await extraConfigToKeep(vc, source, options, signal);
  const describe = async (sizes: ReadonlyMap<string, number>, onWarning?: ExportOptions['onWarning']) => {
    const text = await createDescriptor(
      vc,
      exported,
      { name, files, sizes, snapshot: options.snapshot },
      onWarning,
      signal,
    );
    return setExtraConfig(text, keep);
  };
  const first = await describe(new Map(files.map(({ key, estimate }) => [key, estimate ?? 0])));
  await writer.begin({ descriptor: first, files: files.map((file) => file.name) });
  await using hosts = new LeaseHosts(vc);
  const written = new Map<string, WrittenFile>();
  let done = 0;
  for (const file of files) {
    const place = await hosts.of(file.device);
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const piece of downloadFile(place, { signal, name: file.name, stallMs })) {
        signal.throwIfAborted();
        yield piece;
        done += piece.length;
        if (total !== undefined) lease.report((done / total) * 100);
        onProgress?.({ file: file.name, bytes: done, total });
      }
    }
    written.set(file.key, await writer.file(file.name, counted()));
  }
  compareWithLease(await vc.call('HttpNfcLeaseGetManifest', lease.lease, {}, { signal }), written);
  const sizes = new Map([...written].map(([key, { bytes }]) => [key, bytes]));
  const descriptor = await describe(sizes, options.onWarning);
  return { descriptor, written: [...written.values()] };
}

/** The entries that the package must have; of a temporary copy's marks, what the source says instead. */
async function extraConfigToKeep(
  vc: Vsphere,
  source: VmRef,
  { keepExtraConfig = () => false, clone }: ExportOptions,
  signal: AbortSignal,
): Promise<Map<string, string | undefined>> {
  const values = await vc.read(source, ['config.extraConfig'], { signal });
  const own = extraConfigMap(values['config.extraConfig']);
  const marks = Object.keys(clone?.extraConfig ?? {}).map((key) => [key, own.get(key)] as const);
  return new Map([...marks, ...[...own].filter(([key]) => keepExtraConfig(key))]);
}

function badName(name: string): IngotError {
  return new IngotError(
    'ovf.name',
    `expected a name of letters, digits, “.”, “_” and “-” for a package, found “${name}”`,
    {
      remedy: 'Give the package a name of its own: its files are named after it.',
    },
  );
}
