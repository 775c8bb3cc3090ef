import { z } from 'zod';
import { hints, pattern, text } from './fields.ts';

/** Names as `Get-WindowsFeature` shows them: letters, digits and hyphens. */
function featureNames(what: string) {
  return z
    .array(pattern(/^[A-Za-z0-9][A-Za-z0-9-]*$/, { expected: 'the name of a feature such as Containers' }))
    .register(hints, { expected: 'a list of names such as Containers' })
    .default([])
    .describe(what);
}

export const featuresSchema = z
  .strictObject({
    install: featureNames('Roles and features to install, by name (`Get-WindowsFeature`).'),
    remove: featureNames('Roles and features to remove. Their payload stays, so that they can be installed again.'),
    source: text('a folder or image that Windows can read', 260)
      .optional()
      .describe(
        'Where Windows takes payloads that are not on its disk from, as Windows sees it: `\\\\server\\share\\sxs`, `wim:X:\\sources\\install.wim:2`; also for `capabilities`. Left out: Windows Update.',
      ),
  })
  .prefault({})
  .describe('Roles and features of Windows. `docker` and `containerd` bring Containers by themselves.');

/** `OpenSSH.Client~~~~0.0.1.0`: name, publisher (empty), architecture (empty), language, version. */
export const capabilitiesSchema = z
  .array(
    pattern(/^[A-Za-z0-9][A-Za-z0-9.-]*~~~[A-Za-z0-9-]*~\d+(\.\d+){3}$/, {
      expected: 'the name of a capability such as OpenSSH.Client~~~~0.0.1.0',
      remedy: 'write it as `Get-WindowsCapability -Online` shows it, with its four tildes and the version',
    }),
  )
  .register(hints, { expected: 'a list of capabilities such as OpenSSH.Client~~~~0.0.1.0' })
  .default([])
  .describe('Capabilities (features on demand) to add, by name (`Get-WindowsCapability -Online`).');
