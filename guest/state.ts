import { z } from 'zod';

/** The result of state.ps1 (docs/guest-contract.md). */
export const guestStateSchema = z.object({
  /** ISO 8601, UTC; constant between two restarts. */
  bootTime: z.iso.datetime(),
  uptimeSeconds: z.number().min(0),
  computerName: z.string(),
  /** `19042.508` */
  osBuild: z.string(),
  /** Why Windows wants a restart, such as `CBS\RebootPending`; empty when it does not. */
  pendingReboot: z.array(z.string()),
  /** What may want a restart and mostly does not: PendingFileRenameOperations. */
  notes: z.array(z.string()).default([]),
  /** `IMAGE_STATE_COMPLETE`, `IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE`, … */
  imageState: z.string(),
  /** Whether ingot's own folder is open to SYSTEM and Administrators only. */
  privateFolder: z.boolean().default(true),
});
export type GuestState = z.infer<typeof guestStateSchema>;
