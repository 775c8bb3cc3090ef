import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson, parseJson } from '../common/json.ts';
import { scriptDigest } from '../scripts/digest.ts';
import { GuestError } from './errors.ts';
import type { Guest, RunOptions } from './guest.ts';
import { checked, restarted } from './outcome.ts';
import { badOutput, redactorFor, ScriptOutput, type ScriptParameters } from './script-output.ts';
import { backoffMs, durationText, pause } from './wait.ts';

const JOB = 'job.ps1';
const TASK = 'job-task.ps1';
/** Times that the session may be lost without a new line in between before it is given up. */
const FRUITLESS = 5;

/** One of ingot's scripts that a scheduled task of SYSTEM runs. */
export interface Job {
  /** Kebab case; jobs of one name exclude each other. */
  readonly name: string;
  /** File name of the script: `windows-updates.ps1`. */
  readonly script: string;
  readonly parameters: ScriptParameters;
}

/** What `job.ps1` answers (docs/guest-contract.md). */
const answer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('ended'), exitCode: z.number(), stderr: z.string() }),
  z.object({ state: z.literal('restarted'), bootTime: z.string(), previousBootTime: z.string() }),
  z.object({ state: z.literal('died'), taskResult: z.string() }),
  z.object({ state: z.literal('other'), id: z.string(), script: z.string() }),
  z.object({ state: z.literal('none') }),
  z.object({ state: z.literal('taken'), taken: z.boolean() }),
]);
type Answer = z.infer<typeof answer>;

const line = z.object({ at: z.number(), line: z.string() });
const beginning = z.object({ began: z.enum(['started', 'found', 'other']) });

/**
 * Runs a script as a scheduled task of SYSTEM that outlives the session: what Windows refuses to network logons (Windows
 * Update) and what lasts longer than a connection. The same contract as `Guest.run`; besides its codes it rejects with
 * `guest.restarted` (Windows restarted and took the job with it; retryable, `rebooted`), `guest.job-lost` (the task ended
 * without a result; retryable), `guest.other-job` (another one of that name is at work).
 *
 * A lost connection is made again and the log followed from where it was. A job is known by its script and parameters
 * (secrets do not count): another process that asks for the same finds it at work, or its result, and starts no second.
 */
export async function runJob<Output>(
  guest: Pick<Guest, 'run'>,
  job: Job,
  options: RunOptions<Output>,
): Promise<Output> {
  const { signal, timeoutMs, secrets = [], test = false, onProgress } = options;
  const { name, script, parameters } = job;
  const endsAt = performance.now() + timeoutMs;
  const redactor = redactorFor(parameters, secrets);
  const id = await jobId(job, test, redactor.value(parameters));
  let last = '';
  const output = new ScriptOutput(script, redactor, {
    onLog: options.onLog,
    onProgress(progress) {
      last = progress.message;
      onProgress?.(progress);
    },
  });
  let offset = 0;
  let begun = false;

  const hear = (text: string): void => {
    const value = jobLine(text);
    const said = line.safeParse(value);
    if (said.success) {
      // What the last connection brought already comes again when its end was not heard.
      if (said.data.at > offset) output.line(said.data.line);
      offset = Math.max(offset, said.data.at);
      return;
    }
    const began = beginning.safeParse(value);
    if (began.success) begun = true;
    if (began.data?.began === 'found') options.onLog?.(`${script} is known as the job ${name} already: following it`);
    if (began.data?.began === 'started') options.onLog?.(`${script} runs as the job ${name}`);
    if (value === undefined) options.onLog?.(text);
  };
  const ask = (parameters: ScriptParameters): Promise<Answer> =>
    guest.run(
      JOB,
      { name, id, ...parameters },
      {
        output: answer,
        timeoutMs: Math.max(1, Math.round(endsAt - performance.now())),
        signal,
        secrets,
        beside: [TASK, script],
        onLog: hear,
      },
    );
  /** Asks until there is an answer: a lost connection ends neither the job nor us. */
  const persist = async (request: () => ScriptParameters): Promise<Answer> => {
    for (let fruitless = 0; ; fruitless++) {
      const before = offset;
      try {
        return await ask(request());
      } catch (error) {
        if (!(error instanceof GuestError)) throw error;
        if (error.code === 'guest.timeout') throw tooLate(job, timeoutMs, last, output.tail);
        // A restart before the job was heard of took it with it, if it had begun: that is for the step to know.
        const cut = error.code === 'guest.connection-lost' || (error.code === 'guest.restarted' && begun);
        if (offset > before) fruitless = 0;
        if (!cut || fruitless >= FRUITLESS) throw error;
        options.onLog?.(`${error.message} The job ${name} goes on without us; asking for it again.`);
        await pause(backoffMs(fruitless), signal);
      }
    }
  };

  const end = await persist(() =>
    begun ? { action: 'watch', offset } : { action: 'start', script, test, parameters: { ...parameters }, offset },
  );
  if (end.state !== 'ended') throw lost(job, end, output.tail);
  // From here on it is ours: whoever asks for the same job now starts it anew.
  await persist(() => ({ action: 'take' }));
  const result = output.end(end.exitCode, redactor.text(end.stderr), () => badOutput(script, 'no end', output.tail));
  return checked(script, result, options.output);
}

/** The same for the same work: script with all its parts, parameters without secrets, `-Test`. It is shown in vCenter. */
async function jobId({ script }: Job, test: boolean, parameters: ScriptParameters): Promise<string> {
  const work = canonicalJson({ script, digest: await scriptDigest(script), parameters, test });
  return createHash('sha256').update(work).digest('hex').slice(0, 32);
}

/** The JSON of a `##ingot:job` line; undefined for any other line. */
function jobLine(text: string): unknown {
  const [, json] = /^##ingot:job (\{.*\})$/s.exec(text) ?? [];
  return parseJson(json);
}

function lost({ name, script }: Job, end: Exclude<Answer, { state: 'ended' }>, tail: readonly string[]): GuestError {
  switch (end.state) {
    case 'restarted':
      return restarted(script, end.previousBootTime, end.bootTime, { evidence: tail });
    case 'other':
      return new GuestError(
        'guest.other-job',
        `Expected to run ${script} as the job ${name}, found it at work on ${end.script} with other parameters.`,
        {
          evidence: [`its id: ${end.id}`],
          remedy: `Wait until it has ended (guestinfo.ingot.job shows how far it is), or end the scheduled task ingot-job-${name} in the VM, and build again.`,
        },
      );
    default:
      return new GuestError(
        'guest.job-lost',
        `Expected the job ${name} (${script}) to leave a result, found that its task ended without one${
          end.state === 'died' ? ` (${end.taskResult})` : ''
        }.`,
        {
          evidence: tail,
          retryable: true,
          remedy: `The step is safe to run again. If it happens each time, look at the history of the scheduled task ingot-job-${name}, at the free space of C: and at what ends its powershell.exe.`,
        },
      );
  }
}

function tooLate({ name, script }: Job, ms: number, last: string, tail: readonly string[]): GuestError {
  return new GuestError(
    'guest.timeout',
    `Expected ${script} to end within ${durationText(ms)}, found it still running as the job ${name} (last: ${last || 'nothing'}).`,
    {
      evidence: tail,
      timedOut: true,
      remedy:
        'It goes on in Windows, and the next build finds it there. Raise the time-out in the image file if the work simply takes longer.',
    },
  );
}
