import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import type { Json } from '../common/json.ts';
import type { Image } from '../image/index.ts';
import type { StepTools } from '../pipeline/step.ts';
import { type BuildEnv, defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { keepLayer } from './support/keep-layer.ts';
import { scriptAsSystem, scriptFiles } from './support/script.ts';

const update = z.object({
  kb: z.string(),
  title: z.string(),
  resultCode: z.number(),
  hresult: z.union([z.string(), z.number()]),
});
const round = z.object({ found: z.number(), installed: z.array(update), rebootRequired: z.boolean() });

/** OperationResultCode of the Windows Update Agent: 2 succeeded, 3 succeeded with errors. */
const succeeded = new Set([2, 3]);

/** Windows updates in rounds of search, install and restart until none is found; the list of KBs is the output. */
export const windowsUpdates = defineStep({
  id: 'windows-updates',
  title: 'Install Windows updates',
  needs: { shell: openssh },
  applies: ({ updates }) => updates !== 'none' || 'updates: none',
  inputs: ({ updates }) => {
    if (updates === 'none') return { categories: [], exclude: [], maximum: 0 };
    const { rounds: _, ...what } = updates; // a limit like a deadline: raised, it goes on with what is installed
    return what;
  },
  files: scriptFiles('windows-updates', 'job', 'job-task'),
  output: z.object({ installed: z.array(update), rounds: z.number() }),
  retryable: true,
  timeout: (image) => image.timeouts.updates,
  async run(context) {
    const { inputs, config, signal, progress } = context;
    const rounds = config.updates === 'none' ? 0 : config.updates.rounds;
    const installed: z.infer<typeof update>[] = [];
    for (let number = 1; number <= rounds; number++) {
      progress(`Round ${number}: searching`);
      const result = await scriptAsSystem(context, 'windows-updates', inputs, round, {
        timeoutMs: config.timeouts.updates,
      });
      const known = new Set(installed.map((done) => done.kb));
      const failed = result.installed.filter((done) => !succeeded.has(done.resultCode));
      if (failed.length > 0) {
        throw new IngotError('updates.failed', `expected every update to install, found ${failed.length} that failed`, {
          evidence: failed.map((u) => `${u.kb} ${u.title}: result ${u.resultCode}, ${u.hresult}`),
          remedy:
            'mend its cause and build again to go on from here, or exclude the update in `updates.exclude`: the next build then begins with Windows as it was installed',
        });
      }
      if (result.installed.length > 0 && result.installed.every((done) => known.has(done.kb))) {
        throw new IngotError('updates.rollback', 'expected new updates in each round, found the same ones again', {
          evidence: result.installed.map((done) => `${done.kb} ${done.title}`),
          remedy: 'Windows rolls these back at boot: exclude them in `updates.exclude` or look at CBS.log',
        });
      }
      installed.push(...result.installed);
      if (result.rebootRequired) {
        progress(`Round ${number}: restarting Windows`);
        const guest = await context.guest(signal);
        await guest.restart({ signal, deadlineMs: config.timeouts.boot });
      }
      // A restart that was due before the search hides what comes behind it: only a quiet round ends it.
      if (result.found === 0 && !result.rebootRequired) return finish(context, { installed, rounds: number });
    }
    throw new IngotError('updates.rounds', `expected no more updates after ${rounds} rounds, found further ones`, {
      evidence: installed.map((done) => `${done.kb} ${done.title}`),
      remedy: 'raise `updates.rounds`; what was installed stays',
    });
  },
  verify: async (_, output) => proofOf(output),
});

type Updates = { readonly installed: z.infer<typeof update>[]; readonly rounds: number };

function proofOf({ installed, rounds }: Updates): string[] {
  return [`${installed.length} updates in ${rounds} rounds; the last search found none`];
}

/** Hours of updates are worth a layer of their own; where none was installed there is nothing to keep. */
async function finish(context: BuildEnv & StepTools<Image, Json>, output: Updates): Promise<Updates> {
  if (output.installed.length === 0) return output;
  const { vcenter, closeGuest, config, signal, progress } = context;
  const machine = await (await vcenter()).master(signal);
  progress('Shutting Windows down to keep the layer');
  closeGuest('master');
  await machine.shutDown({ deadlineMs: config.timeouts.shutdown, signal });
  await keepLayer(context, machine, {
    step: 'windows-updates',
    output,
    proof: proofOf(output),
    description: 'Windows with updates',
  });
  return output;
}
