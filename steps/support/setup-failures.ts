import { IngotError } from '../../common/failure.ts';
import type { BootstrapReport } from '../../guest/reports.ts';
import { durationText } from '../../guest/wait.ts';
import type { Image } from '../../image/index.ts';
import { bootstrapRemedy } from './bootstrap-causes.ts';
import { opensshCause, skippedText } from './openssh-sources.ts';
import { setupWords } from './setup-words.ts';

/** Ends of Setup behind which no build can go on: it would find the same report again, or half a Windows. */
export const ofSetup: ReadonlySet<string> = new Set([
  'windows.boot-prompt',
  'windows.bootstrap',
  'windows.powered-off',
  'windows.build',
  'openssh.username',
  'openssh.sources',
]);

/** The bootstrap says itself that it failed; `code` is the script's own. */
export function bootstrapFailed(message: string, evidence: readonly string[], code?: string): IngotError {
  if (code === 'openssh.sources') return noOpenSsh(message, evidence);
  return new IngotError('windows.bootstrap', `expected the bootstrap inside Windows to finish, found: ${message}`, {
    evidence,
    remedy: bootstrapRemedy(code),
  });
}

/** None of the ways to OpenSSH Server worked; its lines are `SOURCE: CODE MESSAGE`. */
function noOpenSsh(message: string, evidence: readonly string[]): IngotError {
  const remedies = evidence.flatMap((line) => {
    const [, source = '', code = ''] = /^([a-z-]+): (\S+)/.exec(line) ?? [];
    const cause = opensshCause(code);
    return cause === undefined ? [] : [`${source}: ${cause.words}; ${cause.remedy}`];
  });
  return new IngotError('openssh.sources', `expected the bootstrap to install OpenSSH Server, found: ${message}`, {
    evidence,
    remedy: remedies.join('. ') || 'look at C:\\ProgramData\\ingot\\bootstrap.log in the VM',
  });
}

type Ready = Extract<BootstrapReport, { state: 'ready' }>;

/** What somebody should know of a bootstrap that went well in the end: ways that did not work, a clock that was off. */
export function bootstrapNotes({ openssh, clock }: Ready): readonly string[] {
  const skipped = (openssh?.skipped ?? []).map(
    (one) => `OpenSSH Server came from ${openssh?.source}, not from ${skippedText(one)}`,
  );
  const seconds = clock?.correctedSeconds ?? 0;
  if (seconds === 0) return skipped;
  const off = `${clockText(Math.abs(seconds))} ${seconds > 0 ? 'behind' : 'ahead'}`;
  return [
    ...skipped,
    `the clock of Windows was ${off} and was put right before anything was installed: look at the clock of the ESXi host`,
  ];
}

const clockText = (seconds: number): string =>
  seconds < 2 * 86_400 ? durationText(seconds * 1000) : `${Math.round(seconds / 86_400)} days`;

/** Whether what was installed is what was asked for. @throws IngotError `windows.build`, `openssh.username` */
export function checkReady(image: Image, { os, username }: Ready): void {
  if (Number(os.build.split('.')[0]) !== image.windows.build) throw otherBuild(image, os);
  checkUsername(image, username);
}

/** ingot and OpenShift's operator log in as the built-in administrator, whose name is in the language of the media. */
export function checkUsername({ openssh }: Image, found: string | undefined): void {
  if (found === undefined || found.toLowerCase() === openssh.username.toLowerCase()) return;
  throw new IngotError(
    'openssh.username',
    `expected the built-in administrator to be called ${openssh.username}, found ${found}`,
    {
      remedy: `set openssh.username: ${found}, or install from English media; OpenShift’s operator logs in as Administrator`,
    },
  );
}

/** What was installed is another Windows than the image file asks for. */
function otherBuild({ windows }: Image, os: { readonly build: string }): IngotError {
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

/** What the last word is before VMware Tools run: from Windows Setup there is none. */
export const nothingYet = 'nothing from inside yet';

/** Nothing came in time; `picture` is the path of a screenshot. */
export function stuck(deadlineMs: number, last: string, picture: string | undefined, cause: IngotError): IngotError {
  return new IngotError(
    'windows.setup-stuck',
    `expected Windows to be installed within ${durationText(deadlineMs)}; last: ${last}`,
    {
      evidence: [
        picture === undefined ? 'vCenter could not take a screenshot' : `screenshot: ${picture}`,
        // Only whoever looks at the picture knows which of them it is.
        ...(last === nothingYet ? setupWords.map(({ shows, remedy }) => `“${shows}”: ${remedy}`) : []),
      ],
      remedy: last === nothingYet ? SETUP_STUCK : bootstrapStuck(last),
      timedOut: true,
      cause,
    },
  );
}

const SETUP_STUCK =
  'look at the screenshot: Setup usually waits at a dialog because of the answer file, a driver or the media; what to do about its words is listed beside it. If Setup was only slow, raise timeouts.install';

function bootstrapStuck(last: string): string {
  return `Windows is installed and its bootstrap is at “${last}”: look at the screenshot and at C:\\ProgramData\\ingot\\bootstrap.log in the VM. Windows Update may be slow or out of reach (name openssh.archive or openssh.featuresOnDemand), another installation may be at work; or raise timeouts.install`;
}
