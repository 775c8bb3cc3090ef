import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import {
  countOf,
  defenderChange,
  defenderFailures,
  exclusionsOf,
  hasExclusions,
  held,
  whyNot,
} from './support/defender.ts';
import { few } from './support/few.ts';
import { explained } from './support/known-failures.ts';
import { script, scriptFiles } from './support/script.ts';

/** Exclusions of Defender, which itself stays on. Those that are only for the build are taken back by `cleanup`. */
export const defender = defineStep({
  id: 'defender',
  title: 'Exclude from Microsoft Defender',
  needs: { shell: openssh },
  applies: (image) => hasExclusions(image) || 'no exclusions asked for',
  inputs: (image) => ({ present: exclusionsOf(image) }),
  files: scriptFiles('defender'),
  output: z.object({ present: z.boolean() }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const { after } = await explained(script(context, 'defender', context.inputs, defenderChange), defenderFailures);
    if (!after.present) context.warn('Microsoft Defender is not in this Windows: there is nothing to exclude from');
    else if (!after.running) context.warn('Microsoft Defender does not run: it takes no exclusions');
    return { present: after.present };
  },
  async verify(context) {
    const { present } = context.inputs;
    const report = script(context, 'defender', context.inputs, defenderChange, { test: true });
    const { before: now } = await explained(report, defenderFailures);
    if (!now.running) return [now.present ? 'Defender does not run' : 'Defender is not installed'];
    const found = held(present, now);
    if (found.length < countOf(present)) {
      throw new IngotError('defender.exclusions', 'expected Defender to have each exclusion, found some missing', {
        evidence: [`found ${found.length} of ${countOf(present)}`, ...found],
        remedy: whyNot(now),
      });
    }
    const stay = context.config.defender.keep ? 'stays' : 'until cleanup';
    return few(found.map((line) => `${line}, ${stay}`));
  },
});
