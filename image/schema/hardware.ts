import { z } from 'zod';
import { NEWEST_HARDWARE } from '../windows-defaults.ts';
import { hints, integer, pattern, size, text } from './fields.ts';

export const hardwareSchema = z
  .strictObject({
    cpus: integer(1, 768).default(4).describe('Virtual CPUs.'),
    coresPerSocket: integer(1, 768).default(1).describe('Cores a socket; divides `cpus`.'),
    memory: size().prefault('8GiB').describe('Memory; a multiple of 4 MiB.'),
    disk: size().prefault('60GiB').describe('Size of the system disk; 32 GiB or more.'),
    firmware: z.enum(['efi', 'bios']).default('efi').describe('Firmware.'),
    secureBoot: z.boolean().optional().describe('Secure boot. Left out: on with `efi`, off with `bios`.'),
    version: integer(15, NEWEST_HARDWARE)
      .default(15)
      .describe(
        'Virtual hardware version (vmx-N): 15 is vSphere 6.7 U2, 17 is 7.0, 19 is 7.0 U2, 20 is 8.0, 21 is 8.0 U2, 22 is 9.0.',
      ),
    diskController: z.enum(['pvscsi']).default('pvscsi').describe('Controller of the disks: VMware Paravirtual.'),
    nic: z.enum(['vmxnet3']).default('vmxnet3').describe('Type of the network adapters.'),
    guestId: pattern(/^[A-Za-z][A-Za-z0-9_]*Guest$/, { expected: 'a guest OS id such as windows9Server64Guest' })
      .optional()
      .describe('Guest OS id. Left out: the best id for the Windows version that the hardware version knows.'),
    extraDisks: z
      .array(
        z.strictObject({
          size: size().describe('Size of the disk.'),
        }),
      )
      .max(14)
      .register(hints, { expected: 'a list of at most 14 disks' })
      .default([])
      .describe('Further disks, thin, empty, on the same controller.'),
    nics: z
      .array(
        z.strictObject({
          network: text('the name of a network or port group').describe('Network or distributed port group.'),
        }),
      )
      .max(9)
      .register(hints, { expected: 'a list of at most 9 network adapters' })
      .default([])
      .describe('Further network adapters; the first one is on `placement.network`.'),
  })
  .prefault({})
  .describe('Hardware of the VM.');
