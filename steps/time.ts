import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { explained } from './support/known-failures.ts';
import { script, scriptFiles } from './support/script.ts';

const state = z.object({
  zone: z.string(),
  type: z.string(),
  servers: z.string(),
  pollSeconds: z.number(),
  status: z.string(),
  startType: z.string(),
  triggers: z.number(),
  vmwareTimeSync: z.string(),
});
const change = changeOf(state);

/** Client mode; a w32tm peer without it may be taken for a symmetric one, which NTP servers do not answer. */
const CLIENT = 0x8;
/** The interval of SpecialPollInterval instead of Windows' own choice. */
const SPECIAL_INTERVAL = 0x1;

const known = {
  'time.policy': {
    code: 'time.policy',
    message: 'expected no policy for the time service, found one that wins over what the image file asks',
    remedy: 'set the servers in that policy and leave `time` out, or take the policy from the image',
  },
  'time.service-disabled': {
    code: 'time.service-disabled',
    message: 'expected the time service W32Time to start with Windows, found that it is disabled again at once',
    remedy: 'look for a policy of system services or for software in the image that disables it',
  },
};

/**
 * NTP for a Windows in a workgroup: the servers (w32tm flags 0x8, 0x9), a service that starts with Windows and does not
 * wait for a domain (Microsoft KB2385818), and only one that sets the clock: VMware Tools stop (VMware Tools guide, time
 * synchronization). One-off corrections at resume and snapshots are vSphere's and stay.
 */
export const time = defineStep({
  id: 'time',
  title: 'Set the clock by NTP',
  needs: { shell: openssh },
  applies: (image) => image.time !== undefined || 'not asked for',
  inputs: ({ time: asked, windows }) => {
    const seconds = Math.round((asked?.pollInterval ?? 0) / 1000);
    const flags = `0x${(CLIENT + (seconds > 0 ? SPECIAL_INTERVAL : 0)).toString(16)}`;
    // `_dstoff` behind a zone is Setup's; Windows itself calls the zone by its name.
    const zone = windows.timeZone.replace(/_dstoff$/, '');
    return { zone, servers: (asked?.ntp ?? []).map((server) => `${server},${flags}`), pollSeconds: seconds };
  },
  files: scriptFiles('time'),
  output: z.object({ servers: z.string() }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const { after } = await explained(script(context, 'time', context.inputs, change), known);
    return { servers: after.servers };
  },
  async verify(context) {
    const { zone, servers, pollSeconds } = context.inputs;
    const { before: now } = await explained(script(context, 'time', context.inputs, change, { test: true }), known);
    const wanted: readonly (readonly [what: string, found: string | number, expected: string | number])[] = [
      ['time zone', now.zone, zone],
      ['synchronization type', now.type, 'NTP'],
      ['servers', now.servers, servers.join(' ')],
      ['service', `${now.status}, ${now.startType}`, 'Running, Automatic'],
      ['triggers of the service', now.triggers, 0],
      ...(pollSeconds === 0 ? [] : [['poll interval in seconds', now.pollSeconds, pollSeconds] as const]),
    ];
    const wrong = wanted.filter(([, found, expected]) => found !== expected);
    const doubled = now.vmwareTimeSync === 'enabled' ? ['VMware Tools still set the clock, too'] : [];
    if (wrong.length + doubled.length > 0) {
      throw new IngotError('time.settings', 'expected the clock as it was set, found other settings', {
        evidence: [...wrong.map(([what, found, expected]) => `${what}: ${found}, not ${expected}`), ...doubled],
        remedy: 'look for a policy or for software in the image that sets the time service',
      });
    }
    return [`NTP from ${now.servers}, service ${now.status}, ${now.startType}`, `time zone ${now.zone}`];
  },
});
