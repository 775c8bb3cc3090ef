import { posix } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import type { HttpNfcLeaseDeviceUrl, HttpNfcLeaseInfo } from '../vim25.gen.ts';

/** A file of a lease that goes into the package. */
export interface ExportFile {
  /** The lease's key of it, which CreateDescriptor wants again. */
  readonly key: string;
  /** `windows-disk-0.vmdk`. */
  readonly name: string;
  readonly device: HttpNfcLeaseDeviceUrl;
  /** Bytes as vCenter expects them; it need not know. */
  readonly estimate: number | undefined;
}

/**
 * The disks of a lease and the NVRAM, which holds the boot entries of EFI. CDs and floppies are left out: a package that
 * asks for the ISO it was installed from is of no use.
 */
export function exportFiles(info: HttpNfcLeaseInfo, name: string): ExportFile[] {
  // An OVA has room for names of 100 bytes; the end of one tells the files apart.
  const room = Math.max(15, Math.min(60, 99 - name.length));
  const files = (info.deviceUrl ?? []).flatMap((device): ExportFile[] => {
    const target = device.targetId || posix.basename(device.url.split('?')[0] ?? '');
    if (device.disk !== true && !/\.(vmdk|nvram)$/i.test(target)) return [];
    const safe = target.replace(/[^\w.-]+/g, '_').slice(-room);
    const estimate = device.fileSize !== undefined && device.fileSize > 0 ? device.fileSize : undefined;
    return [{ key: device.key, name: safe.startsWith(name) ? safe : `${name}-${safe}`, device, estimate }];
  });
  const names = new Set(files.map((file) => file.name));
  if (files.length === 0 || names.size < files.length) {
    const found = (info.deviceUrl ?? []).map(({ key, targetId }) => `${key}: ${targetId ?? 'no name'}`);
    throw new IngotError(
      'ovf.files',
      `expected disks with names of their own in the lease, found ${found.length} files`,
      {
        evidence: found,
        remedy: 'Look whether the VM has a disk that can be exported: independent and raw disks cannot.',
      },
    );
  }
  return files;
}
