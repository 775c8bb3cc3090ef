import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { few } from './support/few.ts';
import { explained } from './support/known-failures.ts';
import { script, scriptAsSystem, scriptFiles } from './support/script.ts';
import { servicingFailures } from './support/servicing-failures.ts';

const named = z.array(z.object({ name: z.string(), state: z.string() }));
const change = changeOf(z.object({ features: named, capabilities: named }));
type Named = z.infer<typeof named>;

const known = {
  ...servicingFailures('features', 'Windows to install the features and capabilities'),
  'feature.unknown': {
    code: 'features.unknown',
    message: 'expected features of this Windows, found a name that it does not know',
    remedy: 'correct the name: Get-WindowsFeature in a Windows of this version and installation type lists them',
  },
  'capability.unknown': {
    code: 'features.unknown',
    message: 'expected capabilities of this Windows, found a name that it does not know',
    remedy: 'correct the name: Get-WindowsCapability -Online lists them, with the version at the end',
  },
};

/** Roles, features and capabilities of the image file; as SYSTEM, since servicing refuses network logons (0x80070005). */
export const features = defineStep({
  id: 'features',
  title: 'Install Windows features',
  needs: { shell: openssh },
  applies: ({ features: { install, remove }, capabilities }) =>
    install.length + remove.length + capabilities.length > 0 || 'none asked for',
  inputs: ({ features: { install, remove, source }, capabilities }) => ({
    names: install,
    remove,
    capabilities,
    ...(source === undefined ? {} : { source }),
  }),
  files: scriptFiles('windows-feature'),
  output: z.object({ features: named, capabilities: named }),
  retryable: true,
  timeout: (image) => 2 * image.timeouts.script + 3 * image.timeouts.boot,
  reboot: 'if-needed',
  async run(context) {
    const { after } = await explained(scriptAsSystem(context, 'windows-feature', context.inputs, change), known);
    return after;
  },
  async verify(context) {
    const { inputs } = context;
    const { before } = await explained(script(context, 'windows-feature', inputs, change, { test: true }), known);
    const wrong = [
      ...missing(inputs.names, before.features).map((found) => `${found}, not Installed`),
      ...missing(inputs.capabilities, before.capabilities).map((found) => `${found}, not Installed`),
      ...before.features
        .filter(({ name, state }) => has(inputs.remove, name) && state !== 'Available' && state !== 'Removed')
        .map(({ name, state }) => `${name}: ${state}, not Available`),
    ];
    if (wrong.length > 0) {
      throw new IngotError(
        'features.state',
        'expected each feature and capability as the image file asks, found others',
        {
          evidence: wrong,
          remedy:
            'a state that ends with Pending wants one more restart; others are rolled back at boot: look at C:\\Windows\\Logs\\CBS\\CBS.log',
        },
      );
    }
    return few([...before.features, ...before.capabilities].map(({ name, state }) => `${name}: ${state}`));
  },
});

/** What was asked for and is not installed, with the state that was read back. */
function missing(wanted: readonly string[], found: Named): string[] {
  return wanted.flatMap((name) => {
    const state = found.find((one) => same(one.name, name))?.state ?? 'not found';
    return state === 'Installed' ? [] : [`${name}: ${state}`];
  });
}

const has = (names: readonly string[], name: string) => names.some((other) => same(other, name));
/** Windows compares these names without regard to case. */
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
