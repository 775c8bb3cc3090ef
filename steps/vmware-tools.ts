import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { installWindows } from './install-windows.ts';
import { compareVersions, toolsVersion } from './support/tools-version.ts';
import { whileOn } from './support/while-on.ts';

/** VMware Tools must be new enough for `exclude-nics`, and their service must survive a restart. */
export const vmwareTools = defineStep({
  id: 'vmware-tools',
  title: 'Check VMware Tools',
  needs: { windows: installWindows },
  inputs: (image) => ({ minimumVersion: image.tools.minimumVersion }),
  output: z.object({ version: z.string(), status: z.string(), startType: z.string() }),
  timeout: (image) => image.timeouts.tools,
  async run({ vcenter, needs, inputs, signal, timeoutMs }) {
    const { tools } = needs.windows;
    if (compareVersions(tools.version, inputs.minimumVersion) < 0) {
      throw new IngotError(
        'vmware-tools.version',
        `expected VMware Tools ${inputs.minimumVersion} or newer, found ${tools.version}`,
        {
          remedy:
            'name a newer Tools ISO in media.toolsIso (the one of a current ESXi patch, or the download of VMware Tools), then build again',
        },
      );
    }
    if (tools.status !== 'Running' || tools.startType !== 'Automatic') {
      throw new IngotError(
        'vmware-tools.service',
        `expected the service VMTools to run and to start automatically, found ${tools.status}, ${tools.startType}`,
        { remedy: 'look for a policy or a script of the image that changes the service VMTools' },
      );
    }
    const machine = await (await vcenter()).master(signal);
    await whileOn(machine, (state) => state.toolsRunning, {
      what: 'VMware Tools to run',
      deadlineMs: timeoutMs,
      signal,
    });
    return tools;
  },
  async verify({ vcenter, signal, timeoutMs }, { version, status, startType }) {
    const machine = await (await vcenter()).master(signal);
    const what = 'vCenter to report the version of VMware Tools';
    const seen = await machine.waitFor((state) => state.toolsVersion, { what, deadlineMs: timeoutMs, signal });
    if (compareVersions(toolsVersion(seen), version) !== 0) {
      throw new IngotError(
        'vmware-tools.version',
        `expected vCenter to see VMware Tools ${version}, found ${toolsVersion(seen)}`,
        { remedy: 'the Tools of the guest were replaced after the bootstrap: build again' },
      );
    }
    return [`VMware Tools ${version}, service ${status}, ${startType}; vCenter sees ${toolsVersion(seen)}`];
  },
});
