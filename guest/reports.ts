import { z } from 'zod';
import { GuestError } from './errors.ts';
import { parsePublicKey } from './public-key.ts';

/** vSphere's guestinfo values are small; anything longer was not written by our scripts. */
const MAX_LENGTH = 65_536;

const text = z.string().max(8192);
const lines = z.array(text).max(200);
const count = z.number().int().min(0).max(10_000);
const hostKey = z.string().max(4096).refine(isPublicKey, { error: 'expected an OpenSSH public key' });

/** `guestinfo.ingot.bootstrap` of docs/guest-contract.md: how far the first script inside Windows is. */
const bootstrapReportSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running'), build: text, done: count, total: count, message: text }),
  z.object({
    state: z.literal('ready'),
    build: text,
    hostKeys: z.array(hostKey).min(1).max(20),
    tools: z.object({ version: text, status: text, startType: text }),
    os: z.object({ build: text, edition: text, installationType: text }),
    computerName: text,
    bootTime: z.iso.datetime(),
    /** Name of the built-in administrator (RID 500). */
    username: text.optional(),
    /** Where OpenSSH Server came from (`present`: it was there), and what did not work before. */
    openssh: z
      .object({
        source: text,
        skipped: z.array(z.object({ source: text, code: text, message: text })).max(20),
      })
      .optional(),
    /** Seconds that were added to a clock that was off. */
    clock: z.object({ correctedSeconds: z.number().int() }).optional(),
  }),
  z.object({ state: z.literal('failed'), build: text, code: text.optional(), message: text, evidence: lines }),
]);
export type BootstrapReport = z.infer<typeof bootstrapReportSchema>;

/** `guestinfo.ingot.sysprep` of docs/guest-contract.md: the verdict of the task that runs Sysprep. */
const sysprepReportSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running'), run: text, message: text }),
  z.object({
    state: z.literal('succeeded'),
    run: text,
    imageState: text,
    tag: z.boolean(),
    /** The next start begins with the first-boot setup; not told by every Windows. */
    armed: z.boolean().optional(),
    exitCode: z.number().int(),
    errors: lines,
  }),
  z.object({
    state: z.literal('failed'),
    run: text,
    imageState: text,
    tag: z.boolean(),
    armed: z.boolean().optional(),
    exitCode: z.number().int().nullable(),
    errors: lines,
  }),
]);
export type SysprepReport = z.infer<typeof sysprepReportSchema>;

/** Parses the value of `guestinfo.ingot.bootstrap`; `guest.report` when it is not what the contract says. */
export function parseBootstrapReport(value: string): BootstrapReport {
  return parseReport('guestinfo.ingot.bootstrap', value, bootstrapReportSchema);
}

/** Parses the value of `guestinfo.ingot.sysprep`; `guest.report` when it is not what the contract says. */
export function parseSysprepReport(value: string): SysprepReport {
  return parseReport('guestinfo.ingot.sysprep', value, sysprepReportSchema);
}

/** The guest's administrator can write anything there: it is data from outside, bounded and checked. */
function parseReport<T>(name: string, value: string, schema: z.ZodType<T>): T {
  if (value.length > MAX_LENGTH) throw invalid(name, `${value.length} characters`, []);
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch {
    throw invalid(name, 'a text that is not JSON', [value.slice(0, 200)]);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 10)
    .map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`);
  throw invalid(name, 'another shape', problems);
}

function invalid(name: string, found: string, evidence: readonly string[]): GuestError {
  return new GuestError(
    'guest.report',
    `Expected ${name} to hold the JSON of docs/guest-contract.md, found ${found}.`,
    {
      evidence,
      remedy: 'Look at C:\\ProgramData\\ingot\\bootstrap.log in the VM: something else than ingot wrote this value.',
    },
  );
}

function isPublicKey(line: string): boolean {
  try {
    parsePublicKey(line);
    return true;
  } catch {
    return false;
  }
}
