import type { BuildResult } from '../pipeline/run.ts';

/** How `ingot` ends. docs/exit-codes.md explains each; none of them will change its meaning. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesHelp = `Exit codes:
  0    done
  1    the build failed
  2    the image file or the flags are wrong
  3    vCenter or the guest could not be reached
  130  interrupted`;

/** The exit code of a build. */
export function exitCodeOf({ status, failure }: Pick<BuildResult, 'status' | 'failure'>): ExitCode {
  switch (status) {
    case 'done':
      return exitCodes.done;
    case 'interrupted':
      return exitCodes.interrupted;
    case 'failed':
      return failure?.unreachable === true ? exitCodes.unreachable : exitCodes.failed;
  }
}
