import { z } from 'zod';
import type { Json } from '../common/json.ts';
import type { Image } from '../image/index.ts';
import type { StepTools } from '../pipeline/step.ts';
import { type BuildEnv, defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { keepLayer } from './support/keep-layer.ts';
import { scriptAsSystem, scriptFiles } from './support/script.ts';
import { codeText, explain } from './support/update-codes.ts';
import {
  alwaysPending,
  failedUpdates,
  missingUpdates,
  refused,
  rolledBack,
  tooManyRounds,
} from './support/update-failures.ts';
import {
  roundParameters,
  succeeded,
  type UpdateAttempt,
  type UpdateRound,
  updateRound,
} from './support/update-round.ts';

type Context = BuildEnv & StepTools<Image, Json>;

/** Rounds in a row that install nothing and still want a restart. */
const IDLE_RESTARTS = 3;

const installed = z.object({
  id: z.string(),
  kb: z.string(),
  title: z.string(),
  resultCode: z.number(),
  hresult: z.string(),
});

/** Windows updates in rounds of search, install and restart until none is found; the list of KBs is the output. */
export const windowsUpdates = defineStep({
  id: 'windows-updates',
  title: 'Install Windows updates',
  version: 2,
  needs: { shell: openssh },
  applies: ({ updates }) => updates !== 'none' || 'updates: none',
  // The number of rounds is a limit like a deadline: raised, it goes on with what is installed.
  inputs: roundParameters,
  files: scriptFiles('windows-updates', 'job', 'job-task'),
  output: z.object({ installed: z.array(installed), rounds: z.number() }),
  retryable: true,
  timeout: (image) => image.timeouts.updates,
  async run(context) {
    const { config, progress, log } = context;
    const rounds = config.updates === 'none' ? 0 : config.updates.rounds;
    const done = new Map<string, UpdateAttempt>();
    let mended = '';
    let idle = 0;
    for (let number = 1; number <= rounds; number++) {
      progress(`Round ${number}: searching`);
      const round = await updatesOnce(context);
      for (const { id, kb, title, resultCode, hresult } of [...round.after.history, ...round.results])
        if (succeeded({ resultCode })) done.set(id, { id, kb, title, resultCode, hresult });
      for (const { kb, title, reason } of round.skipped)
        if (reason !== 'category' && reason !== 'not-included') log(`left out: ${kb} ${title} (${reason})`);
      if (round.problem !== null) {
        const code = codeText(round.problem.hresult);
        // Once: what a restart mends does not come again.
        if (explain(code)?.restart !== true || mended !== '') throw refused(round.problem, mended);
        mended = code;
        log(`Windows Update: ${code}, ${explain(code)?.meaning}; restarting Windows to try again`);
        await restart(context, `Restarting Windows for ${code}`);
        number -= 1;
        continue;
      }
      judge(round);
      idle = round.rebootRequired && round.results.length === 0 ? idle + 1 : 0;
      if (idle > IDLE_RESTARTS) throw alwaysPending(IDLE_RESTARTS);
      if (round.rebootRequired) await restart(context, `Round ${number}: restarting Windows`);
      // A restart that was due before the search hides what comes behind it: only a quiet round ends it.
      if (round.found === 0 && !round.rebootRequired) {
        return finish(context, { installed: [...done.values()], rounds: number });
      }
    }
    throw tooManyRounds(rounds, [...done.values()]);
  },
  verify: async (_, output) => proofOf(output),
});

function updatesOnce(context: Context): Promise<UpdateRound> {
  const { config } = context;
  return scriptAsSystem(context, 'windows-updates', roundParameters(config), updateRound, {
    timeoutMs: config.timeouts.updates,
  });
}

/** Throws what keeps the rounds from ending well. */
function judge({ results, missing }: UpdateRound): void {
  if (missing.length > 0) throw missingUpdates(missing);
  const failed = results.filter((result) => !succeeded(result));
  if (failed.length > 0) throw failedUpdates(failed);
  // New ones beside them may be what they wait for.
  if (results.length > 0 && results.every(({ again }) => again)) throw rolledBack(results);
}

async function restart({ guest, signal, config, progress }: Context, message: string): Promise<void> {
  progress(message);
  await (await guest(signal)).restart({ signal, deadlineMs: config.timeouts.boot });
}

type Updates = { readonly installed: UpdateAttempt[]; readonly rounds: number };

function proofOf({ installed, rounds }: Updates): string[] {
  return [`${installed.length} updates in ${rounds} rounds; the last search found none`];
}

/** Hours of updates are worth a layer of their own; where none was installed there is nothing to keep. */
async function finish(context: Context, output: Updates): Promise<Updates> {
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
