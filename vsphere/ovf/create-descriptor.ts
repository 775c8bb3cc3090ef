import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import type { SnapshotRef } from '../snapshot.ts';
import type { VimFault } from '../values.ts';
import type { VmRef } from '../vm.ts';
import type { ExportFile } from './export-files.ts';

/**
 * What goes into the descriptor beside the hardware (OvfManager.ovfExportOption): without `extraconfig` the entries that
 * say what the VM is would be lost. `mac` and `uuid` are left out: each import gets its own.
 */
const EXPORT_OPTIONS = ['extraconfig'];

export interface DescriptorParams {
  /** Of the virtual system. */
  readonly name: string;
  readonly files: readonly ExportFile[];
  /** Bytes by the files' keys. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly snapshot?: SnapshotRef | undefined;
}

/** OvfManager.CreateDescriptor. Throws `ovf.descriptor` for what vCenter cannot put into one. */
export async function createDescriptor(
  vc: Vsphere,
  vm: VmRef,
  { name, files, sizes, snapshot }: DescriptorParams,
  onWarning: ((message: string) => void) | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { ovfManager } = vc.content;
  if (ovfManager === undefined) {
    throw new IngotError('ovf.descriptor', 'expected an OvfManager in the service content, found none', {
      remedy: 'Is the server a vCenter or an ESXi host of version 6.7 or later?',
    });
  }
  const ovfFiles = files.map(({ key, name: path }) => ({ deviceId: key, path, size: sizes.get(key) ?? 0 }));
  const cdp = { ovfFiles, name, includeImageFiles: false, exportOption: EXPORT_OPTIONS, snapshot };
  const {
    ovfDescriptor,
    error = [],
    warning = [],
  } = await vc.call('CreateDescriptor', ovfManager, { obj: vm, cdp }, { signal });
  for (const { message } of warning) onWarning?.(`vCenter, of the descriptor: ${message}`);
  if (error.length > 0) {
    throw new IngotError('ovf.descriptor', `expected a descriptor of ${name} from vCenter, found ${faultText(error)}`, {
      evidence: error.map(({ type, message }) => `${type}: ${message}`),
      remedy: 'Take the device that it names off the VM: OVF cannot describe it.',
    });
  }
  return ovfDescriptor;
}

/** The first of some faults, for a message. */
export function faultText([first]: readonly VimFault[]): string {
  return first === undefined ? 'none' : `${first.type}: ${first.message}`;
}
