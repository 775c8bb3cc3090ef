import { z } from 'zod';

/** The way into the running Windows. The image is the same either way: it always has OpenSSH. */
export const communicatorSchema = z
  .enum(['ssh', 'vmtools'])
  .default('ssh')
  .describe(
    'How ingot works inside Windows: over SSH, or through VMware Tools by the guest operations of vCenter, for networks ' +
      'where it cannot reach the VM.',
  );
