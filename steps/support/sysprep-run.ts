import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { parseJson } from '../../common/json.ts';
import { parseSysprepReport, type SysprepReport } from '../../guest/reports.ts';
import { keys } from '../../image/names.ts';
import type { Machine, MachineState } from '../vcenter/machine.ts';

/** One run of Sysprep in the clone: which, and of which plan. */
export interface SysprepRun {
  /** What the task in Windows puts into its reports: a verdict of another run is none. */
  readonly run: string;
  /** The fingerprint of the step: a clone of another plan is no use. */
  readonly fingerprint: string;
  /** Its last word, if it came: kept beside guestinfo, which is empty after a power-off. */
  readonly verdict?: SysprepVerdict | undefined;
  /** The Windows that it ran in has not been off since: what it tells is still in guestinfo. */
  readonly live?: boolean;
}

export type SysprepVerdict = Exclude<SysprepReport, { state: 'running' }>;

const recordSchema = z.object({ run: z.string().min(1), fingerprint: z.string() });

/**
 * The run that a build of the same plan has written into the clone's extraConfig; undefined where none has. What cannot be
 * read is none.
 *
 * @param fingerprint of the step in this plan, if it is known
 */
export function sysprepRunIn(
  extraConfig: ReadonlyMap<string, string>,
  fingerprint: string | undefined,
): SysprepRun | undefined {
  const record = recordSchema.safeParse(parseJson(extraConfig.get(keys.sysprepRun)));
  if (!record.success || record.data.fingerprint !== fingerprint) return undefined;
  const { run } = record.data;
  const kept = readable(extraConfig.get(keys.sysprepVerdict), run);
  const told = readable(extraConfig.get(keys.sysprep), run);
  const verdict = [kept, told].find((report) => report !== undefined && report.state !== 'running');
  return { ...record.data, verdict, live: told !== undefined };
}

/** A clone whose reports are broken must not keep the next build from making it anew. */
function readable(text: string | undefined, run: string): SysprepReport | undefined {
  try {
    return sysprepReportIn(text, run);
  } catch (error) {
    if (error instanceof IngotError) return undefined;
    throw error;
  }
}

/** The report of this run; one of another run is none. @throws GuestError `guest.report` */
export function sysprepReportIn(text: string | undefined, run: string): SysprepReport | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const report = parseSysprepReport(text);
  return report.run === run ? report : undefined;
}

/**
 * Whether a later build can go on with the clone: its Sysprep is at work, or has succeeded. One that was sealed and runs
 * without a word of that was started again: it goes through its first start, and is no template any more.
 */
export function goesOn({ verdict, live }: SysprepRun, power: MachineState['power'] | string): boolean {
  if (verdict === undefined) return power === 'poweredOn';
  return verdict.state === 'succeeded' && (power === 'poweredOff' || live === true);
}

/** Writes what a later build needs to find the run; with undefined, that there is none. */
export async function recordRun(machine: Machine, run: SysprepRun | undefined, signal: AbortSignal): Promise<void> {
  const value = run === undefined ? '' : JSON.stringify({ run: run.run, fingerprint: run.fingerprint });
  const extraConfig = [
    { key: keys.sysprepRun, value },
    { key: keys.sysprepVerdict, value: run?.verdict === undefined ? '' : JSON.stringify(run.verdict) },
  ];
  await machine.reconfigure({ extraConfig }, signal);
}
