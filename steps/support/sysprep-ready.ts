import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import type { Role } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import { changeOf } from './change.ts';
import { script } from './script.ts';

const obstacle = z.object({ code: z.string().regex(/^[a-z][a-z-]*\.[a-z-]+$/), message: z.string() });
export type Obstacle = z.infer<typeof obstacle>;

/** What sysprep.ps1 returns (docs/guest-contract.md). */
export const sysprepChange = changeOf(
  z.object({
    obstacles: z.array(obstacle),
    warnings: z.array(z.string()),
    /** Full names of AppX packages that users have. */
    packages: z.array(z.string()),
    rearms: z.number().int(),
    started: z.boolean(),
  }),
);
export type SysprepChange = z.infer<typeof sysprepChange>;

/** What the image file says about AppX packages, as sysprep.ps1 takes it. */
export function appxParameters({ windows }: Image) {
  const { removeAppx } = windows.sysprep;
  return Array.isArray(removeAppx)
    ? { removeAppx, removeAllAppx: false }
    : { removeAppx: [], removeAllAppx: removeAppx };
}

type Context = BuildEnv & StepTools<Image, Json>;

/**
 * Calls sysprep.ps1; when all that is in the way can go with a restart of Windows, restarts it once and calls again.
 *
 * @throws IngotError with the code of the first obstacle (`sysprep.bitlocker`, …) and all of them as evidence
 */
export async function untilReady(
  context: Context,
  role: Role,
  call: () => Promise<SysprepChange>,
): Promise<SysprepChange> {
  let result = await call();
  if (result.rebootRequired && result.after.obstacles.every(({ code }) => code === 'sysprep.pending-reboot')) {
    const [{ message } = { message: '' }] = result.after.obstacles;
    context.warn(`Windows wants a restart before Sysprep, and gets it: ${message}`);
    const guest = await context.guest(context.signal, role);
    await guest.restart({ signal: context.signal, deadlineMs: context.config.timeouts.boot });
    result = await call();
  }
  const { obstacles, warnings } = result.after;
  for (const warning of warnings) context.warn(`Sysprep: ${warning}`);
  if (obstacles.length > 0) throw notReady(obstacles);
  return result;
}

/** Looks for what would keep Sysprep from running, while it is still cheap to mend: before the clone is made. */
export async function checkReady(context: Context, role: Role): Promise<void> {
  const guest = (wait: AbortSignal) => context.guest(wait, role);
  context.progress('Checking what Sysprep will need');
  const parameters = appxParameters(context.config);
  await untilReady(context, role, () =>
    script({ ...context, guest }, 'sysprep', parameters, sysprepChange, { test: true }),
  );
}

/** All obstacles at once, each with what to do about it. */
function notReady(obstacles: readonly Obstacle[]): IngotError {
  const [
    first = { code: 'sysprep.not-ready', message: 'Expected Windows to be ready for Sysprep, found that it is not.' },
  ] = obstacles;
  const message =
    obstacles.length < 2
      ? first.message
      : `Expected Windows to be ready for Sysprep, found ${obstacles.length} things in the way: ${first.message}`;
  const known = [...new Set(obstacles.map(({ code }) => remedies[code] ?? ''))].filter((text) => text !== '');
  return new IngotError(first.code, message, {
    evidence: obstacles.map((each) => `${each.code}: ${each.message}`),
    remedy: `${known.join('; ') || 'mend what it says in a step of your own'}; then build again`,
  });
}

/** What to do about each; the rows of docs/sysprep.md. */
const remedies: Readonly<Record<string, string>> = {
  'sysprep.unattend': 'report it with the journal: ingot writes this answer file itself',
  'sysprep.pending-reboot':
    'Windows was restarted and still wants a restart: look for what asks for it each time (an update that rolls back, a feature that fails) in CBS.log, and mend it in a step of your own',
  'sysprep.servicing':
    'servicing does not come to its end: look into CBS.log; leave out the update or feature that keeps it busy',
  'sysprep.trusted-installer':
    'set the start type of the service TrustedInstaller back to Manual: a policy or a step has disabled it',
  'sysprep.installer': 'look for the installer that still runs (msiexec.exe), and let your step wait for its end',
  'sysprep.interrupted':
    'an earlier Sysprep broke off in this Windows and cannot be taken back: delete the master VM, it is built again',
  'sysprep.image-state': 'this Windows is not a finished installation: delete the master VM, it is built again',
  'sysprep.appx':
    'add the package’s name (without its version) to `windows.sysprep.removeAppx`, or provision it for all users in a step of your own',
  'sysprep.bitlocker':
    'decrypt the volume in a step of your own (manage-bde -off C:) and wait for 0 %; suspended is not enough',
  'sysprep.domain':
    'leave the domain in a step of your own, or do not join while the image is built: clones join by `windows.sysprep.domainJoin`',
  'sysprep.rearm':
    'build from media that were not sealed so often: each Sysprep uses one activation rearm, and they cannot be brought back',
  'sysprep.defender-endpoint':
    'onboard the clones to Defender for Endpoint, not the image: take the onboarding out of policy and steps and build from a fresh master',
  'sysprep.roles': 'Sysprep does not support these roles (AD DS, AD CS, NPAS, WSUS, DNS): install them in the clones',
  'sysprep.event-log':
    'put the event logs back to %SystemRoot%\\System32\\winevt\\Logs with wevtutil sl, or make their folder',
  'sysprep.bcd': 'the boot configuration is not to be found: keep the system partition and its boot files',
};
