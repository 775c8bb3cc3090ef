import { appendFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Rotated logs that ESXi keeps (log.keepOld). */
const KEPT = 10;
const OS_NOT_FOUND =
  "[msg.Backdoor.OsNotFound] No operating system was found. If you have an operating system installation disc, you can insert the disc into the system's CD-ROM drive and restart the virtual machine.";

/**
 * A VM's vmware.log, in the shape of ESXi 7 and 8: `2026-11-21T10:00:00.123Z In(05) vcpu-0 - Guest: …`. Its lines on
 * booting are those of public logs (of ESXi, Workstation and Fusion, which share them); all others are left out. vcsim
 * adds a line of its own shape at power operations; whoever reads a log passes over what he does not know.
 */
export class VmwareLog {
  /** `[datastore] folder/vmware.log` */
  readonly file: string;
  readonly #folder: string;
  #used = false;
  #next = 0;

  constructor(file: string, folder: string) {
    this.file = file;
    this.#folder = folder;
  }

  /** Power on: a fresh log. The last one becomes vmware-0.log, vmware-1.log, …; what vcsim wrote before goes. */
  async begin(): Promise<void> {
    const current = join(this.#folder, 'vmware.log');
    if (this.#used && (await stat(current).catch(() => undefined)) !== undefined) {
      await rename(current, join(this.#folder, `vmware-${this.#next}.log`));
      this.#next = (this.#next + 1) % KEPT;
    }
    this.#used = true;
    await writeFile(current, '');
    await this.#write(
      'vmx',
      'Log for VMware ESX pid=2099614 version=VMware ESXi 8.0.3 build=build-24022510 option=Release',
    );
  }

  /** ResetVM_Task: the same log goes on. */
  async reset(): Promise<void> {
    await this.#write('vmx', 'VMAutomation_Reset. Trying hard reset');
    await this.#write('vcpu-0', 'CPU reset: hard');
  }

  /** The guest restarts itself. */
  async guestReset(): Promise<void> {
    await this.#write('vcpu-0', 'CPU reset: soft (mode 1)');
  }

  /** EFI firmware starts a boot loader, for instance of `EFI VMware Virtual SATA CDROM Drive (0.0)`. */
  async efiBoot(device: string): Promise<void> {
    await this.#write('vcpu-0', `Guest: About to do EFI boot: ${device}`);
  }

  /** EFI firmware could not boot a device: it is empty, or its loader gave up, as “Press any key” does. */
  async efiBootFailed(status: 'No Media' | 'Time out'): Promise<void> {
    await this.#write('vcpu-0', `Guest: Status upon boot failure: ${status}`);
  }

  /** Nothing is left to boot from. */
  async osNotFound(): Promise<void> {
    await this.#write('vcpu-0', 'Msg_Post: Warning');
    await this.#write('vcpu-0', OS_NOT_FOUND);
  }

  async #write(thread: 'vmx' | 'vcpu-0', text: string): Promise<void> {
    await appendFile(join(this.#folder, 'vmware.log'), `${new Date().toISOString()} In(05) ${thread} - ${text}\n`);
  }
}
