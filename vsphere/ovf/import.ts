import { createHash } from 'node:crypto';
import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import { isFault } from '../fault.ts';
import { destroy } from '../folder.ts';
import type { NetworkRef, PoolRef } from '../inventory.ts';
import { nameToSend } from '../names.ts';
import type { Ref } from '../values.ts';
import type { OvfFileItem, VirtualMachineImportSpec } from '../vim25.gen.ts';
import type { VmRef } from '../vm.ts';
import { importSpec } from './import-spec.ts';
import { abortLease, leaseReady, type OpenLease, withLease } from './lease.ts';
import { LeaseHosts } from './lease-host.ts';
import { STALL_MS, uploadFile } from './lease-transfer.ts';
import { compareWithLease } from './manifest.ts';
import { type OvfPackage, packageError, type RangedBytes } from './package.ts';
import { checkManifest, verified } from './verified.ts';

export interface ImportProgress {
  /** The file that is sent. */
  readonly file: string;
  /** Bytes of the whole import so far. */
  readonly bytes: number;
  readonly total: number;
}

export interface ImportOptions {
  readonly signal: AbortSignal;
  /** Of the VM. */
  readonly name: string;
  readonly datastore: Ref<'Datastore'>;
  readonly pool: PoolRef;
  readonly folder: Ref<'Folder'>;
  readonly host?: Ref<'HostSystem'> | undefined;
  /** The network for each one that the package names; undefined is an error that names it. */
  readonly networks: (name: string) => NetworkRef | undefined;
  /** Default `thin`. */
  readonly diskProvisioning?: 'thin' | 'thick' | 'eagerZeroedThick' | undefined;
  /** Keys of the package's extraConfig that the VM must get, whether vCenter takes them from the descriptor or not. */
  readonly keepExtraConfig?: ((key: string) => boolean) | undefined;
  /** Entries of extraConfig beside and before those of the package; '' leaves a key out. */
  readonly extraConfig?: Readonly<Record<string, string>> | undefined;
  /** Whether a package without a manifest is refused; default true. */
  readonly requireManifest?: boolean | undefined;
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Milliseconds for the whole import; default 12 hours. */
  readonly deadlineMs?: number | undefined;
  /** Milliseconds without a byte after which it is given up; default 10 minutes. */
  readonly stallMs?: number | undefined;
}

export interface Imported {
  readonly vm: VmRef;
  /** Bytes that were sent. */
  readonly bytes: number;
  /** What vCenter said of the package. */
  readonly warnings: readonly string[];
}

const DEADLINE_MS = 12 * 60 * 60_000;
const DESTROY_MS = 5 * 60_000;

/**
 * Makes a VM of an OVF package: CreateImportSpec, ImportVApp, then each file streamed to the lease's URLs, its digest held
 * against the manifest on the way. The VM is off, and no template. When anything fails, or is interrupted, the lease is
 * aborted, on which vCenter removes what it made (vSphere API, ResourcePool.importVApp), and what it leaves is deleted.
 *
 * @throws IngotError `ovf.manifest`, `ovf.digest`, `ovf.package`, `ovf.network`, `ovf.import-spec`, `ovf.lease`,
 * `ovf.upload`, `ovf.host`, `vsphere.deadline`; VsphereFault; the signal's reason
 */
export async function importOvf(vc: Vsphere, source: OvfPackage, options: ImportOptions): Promise<Imported> {
  const { signal, pool, folder, host, deadlineMs = DEADLINE_MS } = options;
  checkManifest(source, options.requireManifest ?? true);
  const { spec, fileItems, warnings } = await importSpec(vc, source, options);
  for (const warning of warnings) options.onWarning?.(warning);
  const files = await filesOf(source, fileItems, options);
  // A vApp is a folder of its own (vSphere API, ImportVApp).
  const inFolder = pool.type === 'VirtualApp' ? undefined : folder;
  const leased = { what: `the import of ${options.name}`, signal, deadlineMs };
  const lease = await vc.call('ImportVApp', pool, { spec: sendable(spec), folder: inFolder, host }, { signal });
  let vm: VmRef | undefined;
  try {
    const info = await leaseReady(vc, lease, leased).catch(async (error: unknown) => {
      await abortLease(vc, lease);
      throw error;
    });
    if (info.entity.type !== 'VirtualMachine') throw packageError(source.name, 'a virtual machine', 'a vApp');
    const made: VmRef = { type: 'VirtualMachine', value: info.entity.value };
    vm = made;
    return await withLease(vc, lease, info, leased, async (open) => {
      const bytes = await send(vc, source, files, open, options);
      return { vm: made, bytes, warnings };
    });
  } catch (error) {
    if (vm !== undefined) await removeRest(vc, vm, options);
    throw error;
  }
}

interface FileToSend {
  readonly item: OvfFileItem;
  readonly source: RangedBytes;
}

/** All files are there before anything is made. */
async function filesOf(
  source: OvfPackage,
  items: readonly OvfFileItem[],
  { onWarning }: ImportOptions,
): Promise<FileToSend[]> {
  return Promise.all(
    items.map(async (item) => {
      const found = await source.file(item.path);
      if (found === undefined) throw packageError(source.name, `the file ${item.path}`, 'none of that name');
      const told = source.facts.files.find(({ href }) => href === item.path)?.size;
      if (told !== undefined && told > 0 && told !== found.size)
        // govc writes what vCenter expected of a disk before it was exported: the digest decides.
        onWarning?.(`${found.name} has ${found.size} bytes, its descriptor says ${told}`);
      return { item, source: found };
    }),
  );
}

interface SentFile {
  readonly name: string;
  readonly sha1: string;
  readonly sha256: string;
}

async function send(
  vc: Vsphere,
  { manifest }: OvfPackage,
  files: readonly FileToSend[],
  { lease, info, signal, report }: OpenLease,
  { onProgress, stallMs = STALL_MS }: ImportOptions,
): Promise<number> {
  const total = files.reduce((sum, { source }) => sum + source.size, 0);
  const sent = new Map<string, SentFile>();
  let bytes = 0;
  await using hosts = new LeaseHosts(vc);
  for (const { item, source } of files) {
    const device = (info.deviceUrl ?? []).find(({ importKey }) => importKey === item.deviceId);
    if (device === undefined) {
      throw new IngotError(
        'ovf.files',
        `expected a place for ${item.path} (${item.deviceId}) in the lease, found none`,
        {
          evidence: (info.deviceUrl ?? []).map(({ importKey }) => importKey),
        },
      );
    }
    const [sha1, sha256] = [createHash('sha1'), createHash('sha256')];
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const piece of verified(source, manifest?.get(item.path))) {
        signal.throwIfAborted();
        sha1.update(piece);
        sha256.update(piece);
        yield piece;
        bytes += piece.length;
        report((bytes / total) * 100);
        onProgress?.({ file: item.path, bytes, total });
      }
    }
    const file = { create: item.create, size: source.size, body: counted() };
    await uploadFile(await hosts.of(device), file, { signal, name: item.path, stallMs });
    const digests = { sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
    sent.set(device.key, { name: item.path, ...digests });
  }
  compareWithLease(await vc.call('HttpNfcLeaseGetManifest', lease, {}, { signal }), sent);
  return bytes;
}

/** What an aborted lease has left: nothing on a vCenter, which may still be at it. */
async function removeRest(vc: Vsphere, vm: VmRef, { name, onWarning }: ImportOptions): Promise<void> {
  await destroy(vc, vm, { signal: AbortSignal.timeout(DESTROY_MS) }).catch((error: unknown) => {
    if (isFault(error, 'ManagedObjectNotFound') || (error instanceof IngotError && error.code === 'vsphere.gone'))
      return;
    onWarning?.(
      `the unfinished ${name} could not be deleted: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}

function sendable(
  spec: VirtualMachineImportSpec,
): VirtualMachineImportSpec & { readonly $type: 'VirtualMachineImportSpec' } {
  const { configSpec } = spec;
  const named = { ...configSpec, name: configSpec.name === undefined ? undefined : nameToSend(configSpec.name) };
  return { ...spec, $type: 'VirtualMachineImportSpec', configSpec: named };
}
