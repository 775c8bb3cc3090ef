import { defineStep } from './define.ts';

import { openssh } from './openssh.ts';
import { installRuntime, proveRuntime, runtimeOutput } from './support/container-runtime.ts';
import { scriptFiles } from './support/script.ts';

/** Docker from its static archive, as a service, with the Containers feature and the restart that this asks for. */
export const docker = defineStep({
  id: 'docker',
  title: (image) => `Install Docker ${image.docker?.version ?? ''}`.trimEnd(),
  needs: { shell: openssh },
  applies: (image) => image.docker !== undefined || 'not asked for',
  inputs: ({ docker }) => ({ version: docker?.version ?? '', sha256: docker?.sha256 ?? '' }),
  files: scriptFiles('windows-feature', 'docker'),
  output: runtimeOutput,
  retryable: true,
  timeout: (image) => 2 * image.timeouts.script + image.timeouts.boot,
  run: (context) => installRuntime(context, 'docker', context.config.docker),
  verify: (context) => proveRuntime(context, 'docker', context.config.docker),
});
