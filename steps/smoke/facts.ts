import { z } from 'zod';
import { parseJson } from '../../common/json.ts';

const text = z.string().max(8192);
const texts = z.array(text).max(200);
const service = { status: text, startType: text };

const ruleSchema = z.object({
  name: text,
  /** A number, a range, a list of them, or Any. */
  port: text,
  protocol: text,
  enabled: z.boolean(),
  direction: text,
  action: text,
});

/** What `smoke.ps1` finds in a clone of the sealed VM (docs/guest-contract.md). It judges nothing. */
export const smokeFactsSchema = z.object({
  /** The id that the script was given: facts of another run are none. */
  run: text,
  computerName: text,
  /** Name of the domain, or of the workgroup. */
  domain: text,
  partOfDomain: z.boolean(),
  imageState: text,
  /** `HKLM\SYSTEM\Setup`: 0 when Setup and OOBE are over. */
  systemSetupInProgress: z.number(),
  oobeInProgress: z.number(),
  osBuild: text,
  /** Public host keys, each as "type base64". */
  hostKeys: texts,
  /** `banner`: the first line that sshd says on its port at 127.0.0.1, empty when nothing answers. */
  sshd: z.object({ ...service, port: z.number(), banner: text }),
  tools: z.object({ ...service, version: text }),
  /** What the runtime's own client says of its server; `answer` is the server's version, or what went wrong. */
  runtime: z.object({ ...service, name: text, answers: z.boolean(), answer: text }).nullable(),
  rules: z.array(ruleSchema).max(500),
  authorizedKeys: z.object({ keys: texts, acl: text }),
  /** The bytes of tools.conf, in base64. */
  toolsConf: z.base64(),
  timeZone: text,
  /** What the build left behind: files and tasks that were there before the clone started. */
  leftovers: texts,
  /** Answer files of Windows that hold a password in a readable form. */
  passwordFiles: texts,
  /** Bytes of the system disk, and of those that no partition has. */
  disk: z.object({ size: z.number(), unallocated: z.number() }),
  /** What DNS of its network says of the names that were asked for; `error` is Windows' name of it, empty if none. */
  dns: z.array(z.object({ name: text, addresses: texts, chain: texts, error: text })).max(10),
  /** Whether the facts went out over guestinfo as well. */
  published: z.boolean(),
});
export type SmokeFacts = z.infer<typeof smokeFactsSchema>;

/** The same over guestinfo, of which only what tells the run and the clone is looked at. */
const reportSchema = z.object({ run: text, computerName: text });

/** The value of `guestinfo.ingot.smoke`, if it is of this run; it is data from outside. */
export function smokeReport(value: string | undefined, run: string): { readonly computerName: string } | undefined {
  if (value === undefined || value.length > 65_536) return undefined;
  const report = reportSchema.safeParse(parseJson(value));
  return report.success && report.data.run === run ? report.data : undefined;
}
