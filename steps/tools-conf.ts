import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { script, scriptFiles } from './support/script.ts';
import { readToolsConf, setToolsConf } from './support/tools-conf.ts';
import { vmwareTools } from './vmware-tools.ts';

/** Where VMware Tools for Windows read their configuration, every 5 s. */
const path = '/C:/ProgramData/VMware/VMware Tools/tools.conf';
const state = z.object({ path: z.string(), acl: z.string(), content: z.base64() });

/**
 * `exclude-nics` under `[guestinfo]`: without it VMware Tools hide the vEthernet* adapters that containers bring, and
 * vCenter loses the node's address. The rest of the file stays as it was.
 */
export const toolsConf = defineStep({
  id: 'tools-conf',
  title: 'Publish every NIC to vCenter (tools.conf)',
  needs: { tools: vmwareTools, shell: openssh },
  inputs: (image) => ({ excludeNics: image.tools.excludeNics }),
  files: scriptFiles('tools-conf'),
  output: z.object({ path: z.string(), changed: z.boolean() }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run({ guest, inputs, signal, warn }) {
    const session = await guest(signal);
    const before = await session.readFile(path, { signal });
    const { bytes, refused } = setToolsConf(before, 'guestinfo', 'exclude-nics', inputs.excludeNics);
    for (const line of refused) warn(`tools.conf: VMware Tools refused the file for this line, now a comment: ${line}`);
    const changed = before === undefined || Buffer.compare(before, bytes) !== 0;
    if (changed) await session.writeFile(path, bytes, { signal });
    return { path, changed };
  },
  async verify(context) {
    const { content } = await script(context, 'tools-conf', {}, state);
    const value = readToolsConf(Buffer.from(content, 'base64'), 'guestinfo', 'exclude-nics');
    if (value !== context.inputs.excludeNics) {
      throw new IngotError(
        'tools-conf.content',
        `expected exclude-nics=${context.inputs.excludeNics} under [guestinfo]`,
        {
          evidence: [`found ${value === undefined ? 'no such entry' : `exclude-nics=${value}`} in ${path}`],
          remedy: 'look for software in the image that rewrites tools.conf',
        },
      );
    }
    return [`[guestinfo] exclude-nics=${value} in tools.conf`];
  },
});
