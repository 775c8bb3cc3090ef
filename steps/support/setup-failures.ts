import { IngotError } from '../../common/failure.ts';
import { durationText } from '../../guest/wait.ts';
import type { Image } from '../../image/index.ts';

/** The bootstrap says itself that it failed. */
export function bootstrapFailed(message: string, evidence: readonly string[]): IngotError {
  return new IngotError('windows.bootstrap', `expected the bootstrap inside Windows to finish, found: ${message}`, {
    evidence,
    remedy: 'look at C:\\ProgramData\\ingot\\bootstrap.log in the VM; mend the cause and build again',
  });
}

/** What was installed is another Windows than the image file asks for. */
export function otherBuild({ windows }: Image, os: { readonly build: string }): IngotError {
  return new IngotError('windows.build', `expected Windows build ${windows.build}, found ${os.build}`, {
    remedy: 'the installed image is another one than the ISO said: report it with the journal',
  });
}

export function poweredOff(last: string): IngotError {
  return new IngotError(
    'windows.powered-off',
    `expected Windows Setup to go on, found the VM powered off; last: ${last}`,
    {
      remedy: 'someone or something powered the VM off in the middle of Setup: build again, it starts anew',
    },
  );
}

/** Nothing came in time; `picture` is the path of a screenshot. */
export function stuck(deadlineMs: number, last: string, picture: string | undefined, cause: IngotError): IngotError {
  return new IngotError(
    'windows.setup-stuck',
    `expected Windows to be installed within ${durationText(deadlineMs)}; last: ${last}`,
    {
      evidence: picture === undefined ? ['vCenter could not take a screenshot'] : [`screenshot: ${picture}`],
      remedy:
        'look at the screenshot: Setup usually waits at a dialog because of the answer file, a driver or the media',
      timedOut: true,
      cause,
    },
  );
}
