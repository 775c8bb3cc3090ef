import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { defenderChange, defenderFailures, exclusionsOf, hasExclusions, held, whyNot } from './support/defender.ts';
import { explained } from './support/known-failures.ts';
import { script, scriptAsSystem, scriptFiles } from './support/script.ts';
import { servicingFailures } from './support/servicing-failures.ts';

const change = changeOf(
  z.object({
    freeBytes: z.number(),
    places: z.array(z.object({ folder: z.string(), filter: z.string(), bytes: z.number() })),
    pendingReboot: z.array(z.string()),
  }),
);
const known = servicingFailures('cleanup', 'the component store to be cleaned');
const MIB = 2 ** 20;

/**
 * What an image need not carry, before the master is kept. As SYSTEM in a task: DISM refuses network logons, and cleaning
 * the component store takes longer than many a connection. A restart that servicing waits for (0x800f0806) is made first.
 * Here too, the exclusions of Defender that were for the build end: also in a build that goes on with another's master.
 */
export const cleanup = defineStep({
  id: 'cleanup',
  title: 'Clean up temporary files and caches',
  version: 2,
  needs: { shell: openssh },
  inputs: (image) => ({
    ...image.cleanup,
    notExcluded: hasExclusions(image) && !image.defender.keep ? exclusionsOf(image) : null,
  }),
  files: scriptFiles('cleanup', 'defender'),
  output: z.object({ freedBytes: z.number(), evidence: z.array(z.string()) }),
  retryable: true,
  timeout: (image) => image.timeouts.cleanup + 3 * image.timeouts.boot,
  reboot: 'if-needed',
  async run(context) {
    const { notExcluded: absent, ...what } = context.inputs;
    if (absent !== null) await explained(script(context, 'defender', { absent }, defenderChange), defenderFailures);
    const options = { timeoutMs: context.config.timeouts.cleanup };
    const { before, after, evidence } = await explained(
      scriptAsSystem(context, 'cleanup', what, change, options),
      known,
    );
    for (const line of evidence) context.log(line);
    return { freedBytes: Math.max(0, after.freeBytes - before.freeBytes), evidence };
  },
  async verify(context, { freedBytes, evidence }) {
    const { notExcluded: absent, ...what } = context.inputs;
    const { before: now } = await script(context, 'cleanup', what, change, { test: true });
    const left = now.places.reduce((sum, { bytes }) => sum + bytes, 0);
    const lines = [`${mib(freedBytes)} freed, ${mib(left)} left of what is in use`, ...evidence];
    if (absent === null) return lines;
    const { before: state } = await script(context, 'defender', { absent }, defenderChange, { test: true });
    const still = held(absent, state);
    if (still.length > 0) {
      throw new IngotError('defender.exclusions', 'expected Defender to have no exclusion of the build any more', {
        evidence: still,
        remedy: `${whyNot(state)}; or keep them: defender.keep`,
      });
    }
    return [...lines, 'Defender: no exclusion of the build is left'];
  },
});

const mib = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`;
