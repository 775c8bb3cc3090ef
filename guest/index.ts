export type { AgentOptions } from './agent.ts';
export type { BastionOptions } from './endpoint.ts';
export { GuestError, type GuestErrorOptions, type ScriptFailure } from './errors.ts';
export type { TransferOptions } from './files.ts';
export {
  type CallOptions,
  connectGuest,
  type Guest,
  type GuestOptions,
  type RestartResult,
  type RunOptions,
  type ScriptOptions,
} from './guest.ts';
export { type Job, runJob } from './job.ts';
export type { ScriptProgress } from './markers.ts';
export { fingerprintOf, type PublicKey, parsePublicKey } from './public-key.ts';
export { type BootstrapReport, parseBootstrapReport, parseSysprepReport, type SysprepReport } from './reports.ts';
export type { ScriptParameters } from './script.ts';
export { type GuestState, guestStateSchema } from './state.ts';
