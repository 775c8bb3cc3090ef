import { IngotError } from '../../common/failure.ts';
import type { Json } from '../../common/json.ts';
import type { SysprepReport } from '../../guest/reports.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import type { BuildEnv } from '../define.ts';
import type { Machine, MachineState } from '../vcenter/machine.ts';
import { explained } from './late.ts';
import { recordRun, type SysprepRun, type SysprepVerdict, sysprepReportIn } from './sysprep-run.ts';
import { lastWord } from './sysprep-verdict.ts';

/** How long Windows keeps running after a failure, so that its logs can be fetched: a little more than the task waits. */
const failedMs = 150_000;
/** What tells the task that nobody wants the logs any more (docs/guest-contract.md). */
const collected = '/C:/ProgramData/ingot/collected';

type Context = BuildEnv & StepTools<Image, Json>;

export interface FollowedSysprep {
  /** Starts the task; over as soon as the task speaks or Windows is off, also when the answer to the start was lost. */
  orBegun(start: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** The verdict, once Windows is off; undefined when it went off without one. */
  end(): Promise<SysprepVerdict | undefined>;
  /** The last word so far. */
  last(): SysprepReport | undefined;
}

/** Watches one run of Sysprep over guestinfo. Its verdict is written onto the VM at once: guestinfo goes with the power. */
export function followSysprep(context: Context, machine: Machine, run: SysprepRun): FollowedSysprep {
  const { config, signal, progress } = context;
  const { timeouts } = config;
  let told: SysprepReport | undefined = run.verdict;
  let kept: Promise<void> | undefined = run.verdict === undefined ? undefined : Promise.resolve();

  /** Takes in a state of the VM. */
  const look = ({ extraConfig }: MachineState) => {
    const report = sysprepReportIn(extraConfig.get(keys.sysprep), run.run);
    if (report === undefined) return;
    told = report;
    if (report.state === 'running') progress(report.message);
    else kept ??= keep(report);
  };
  const keep = async (report: SysprepVerdict) => {
    await recordRun(machine, { ...run, verdict: report }, signal).catch(() => undefined);
    if (report.state === 'succeeded') progress('Sysprep has succeeded; Windows shuts down');
  };
  const verdict = () => (told === undefined || told.state === 'running' ? undefined : told);
  const isOff = (state: MachineState) => {
    look(state);
    return state.power === 'poweredOff';
  };

  return {
    last: () => told,
    async orBegun(start) {
      // Which comes first ends the other's wait: a Windows that goes down at once takes the script's answer with it.
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      let wasOn = false;
      const begun = machine.waitFor(
        (state) => {
          wasOn ||= state.power === 'poweredOn';
          return (isOff(state) && wasOn) || told !== undefined;
        },
        {
          what: 'Sysprep to begin',
          deadlineMs: 2 * (timeouts.boot + timeouts.ssh + timeouts.script),
          signal: either,
        },
      );
      const started = start(either);
      for (const wait of [begun, started]) wait.catch(() => undefined); // the race tells; the other one is cut short
      await Promise.race([started, begun]).finally(() => over.abort());
    },
    async end() {
      const wait = machine.waitFor((state) => isOff(state) || verdict()?.state === 'failed', {
        what: 'Sysprep to finish and Windows to shut down',
        deadlineMs: timeouts.sysprep,
        signal,
      });
      // A question on the console keeps Sysprep waiting for ever.
      let picture: string | undefined;
      const pictured = wait.catch(async (error) => {
        const late = error instanceof IngotError && error.timedOut;
        if (late) picture = await machine.screenshot(signal).catch(() => undefined);
        throw error;
      });
      await explained(pictured, () => lateness(machine, told, picture));
      if (verdict()?.state === 'failed') await afterFailure();
      await kept;
      return verdict();
    },
  };

  /** Fetches the logs while Windows still runs, lets it go down, and waits for that; none of it hides the failure. */
  async function afterFailure(): Promise<void> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(failedMs)]);
    try {
      await context.diagnostics.collect('candidate', deadline);
      const session = await context.guest(deadline, 'candidate');
      await session.writeFile(collected, Buffer.alloc(0), { signal: deadline });
    } catch {
      // Windows goes down by itself.
    }
    const what = 'Windows to shut down after the failure of Sysprep';
    await machine.waitFor(isOff, { what, deadlineMs: failedMs, signal }).catch(() => undefined);
  }
}

function lateness(machine: Machine, told: SysprepReport | undefined, picture: string | undefined) {
  const evidence = [`last: ${lastWord(told)}`, ...(picture === undefined ? [] : [`screenshot: ${picture}`])];
  if (told?.state === 'succeeded') {
    return {
      evidence,
      remedy: `Sysprep has succeeded, but Windows did not shut down: look at the console of ${machine.name} for what holds it up; build again, the clone is made anew`,
    };
  }
  return {
    evidence,
    remedy: `look at the console of ${machine.name} and at C:\\Windows\\System32\\Sysprep\\Panther\\setupact.log; build again, the clone is made anew; raise timeouts.sysprep if it was only slow`,
  };
}
