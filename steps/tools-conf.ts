import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { script, scriptFiles } from './support/script.ts';
import { foreignWriters } from './support/sddl.ts';
import { readToolsConf, setToolsConf } from './support/tools-conf.ts';
import { vmwareTools } from './vmware-tools.ts';

/** Where VMware Tools for Windows read their configuration, every 5 s. */
const path = '/C:/ProgramData/VMware/VMware Tools/tools.conf';
const state = z.object({
  path: z.string(),
  exists: z.boolean(),
  /** SDDL. */
  acl: z.string(),
  content: z.base64(),
  /** What VMwareToolboxCmd says of the entry; empty where it cannot be asked. */
  reading: z.string(),
});
const tools = z.object({ version: z.string(), status: z.string(), startType: z.string() });

/**
 * `exclude-nics` under `[guestinfo]`: without it VMware Tools hide the vEthernet* adapters that containers bring, and
 * vCenter loses the node's address. The rest of the file stays as it was.
 */
export const toolsConf = defineStep({
  id: 'tools-conf',
  title: 'Publish every NIC to vCenter (tools.conf)',
  needs: { tools: vmwareTools, shell: openssh },
  inputs: (image) => ({ excludeNics: image.tools.excludeNics }),
  files: scriptFiles('tools-conf', 'vmware-tools'),
  output: z.object({ path: z.string(), changed: z.boolean() }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const { guest, inputs, signal, warn, log } = context;
    const session = await guest(signal);
    const before = await session.readFile(path, { signal });
    const { bytes, refused } = setToolsConf(before, 'guestinfo', 'exclude-nics', inputs.excludeNics);
    for (const line of refused) warn(`tools.conf: VMware Tools refused the file for this line, now a comment: ${line}`);
    const changed = before === undefined || Buffer.compare(before, bytes) !== 0;
    if (changed) await session.writeFile(path, bytes, { signal });
    // Who may write to the file: mended where others may.
    const list = await script(context, 'tools-conf', {}, changeOf(state));
    for (const line of list.evidence) log(`tools.conf: ${line}`);
    return { path, changed: changed || list.changed };
  },
  async verify(context) {
    const { before: found } = await script(context, 'tools-conf', {}, changeOf(state), { test: true });
    const service = await script(context, 'vmware-tools', {}, changeOf(tools), { test: true });
    return [...proveText(found, context.inputs.excludeNics), proveAccess(found), proveService(service.before)];
  },
});

type Found = z.infer<typeof state>;

/** The entry as GLib reads it from the bytes, and as VMware Tools' own program does. */
function proveText({ content, reading }: Found, excludeNics: string): string[] {
  const value = readToolsConf(Buffer.from(content, 'base64'), 'guestinfo', 'exclude-nics');
  // `config get` of VMwareToolboxCmd prints this (open-vm-tools, toolboxcmd-config.c); UNSET when Tools refuse the file.
  const [, taken] = /^\[guestinfo\] exclude-nics = ?(.*)$/.exec(reading) ?? [];
  const refused = reading !== '' && taken !== excludeNics;
  if (value !== excludeNics || refused) {
    throw new IngotError('tools-conf.content', `expected exclude-nics=${excludeNics} under [guestinfo]`, {
      evidence: [
        `found ${value === undefined ? 'no such entry' : `exclude-nics=${value}`} in ${path}`,
        ...(reading === '' ? [] : [`VMware Tools read: ${reading}`]),
      ],
      remedy: 'look for software in the image that rewrites tools.conf',
    });
  }
  const proof = `[guestinfo] exclude-nics=${value} in tools.conf`;
  return [reading === '' ? proof : `${proof}; VMware Tools read it so`];
}

/** Whoever may write to the file has VMware Tools, which run as SYSTEM, do things. */
function proveAccess({ acl }: Found): string {
  const writers = foreignWriters(acl);
  if (writers.length === 0) return 'only Administrators and SYSTEM may write to tools.conf';
  throw new IngotError('tools-conf.acl', 'expected only Administrators and SYSTEM to be able to write to tools.conf', {
    evidence: [`found ${acl}`, ...writers.map((sid) => `may write: ${sid}`)],
    remedy: 'look for software in the image that changes the access list of tools.conf',
  });
}

function proveService({ version, status, startType }: z.infer<typeof tools>): string {
  if (status === 'Running' && startType === 'Automatic') return `VMware Tools ${version}: ${status}, ${startType}`;
  throw new IngotError(
    'vmware-tools.service',
    `expected the service VMTools to run and to start automatically, found ${status}, ${startType}`,
    { remedy: 'look for a policy or a script of the image that changes the service VMTools' },
  );
}
