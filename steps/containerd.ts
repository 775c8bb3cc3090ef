import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { installRuntime, proveRuntime, runtimeOutput } from './support/container-runtime.ts';
import { scriptFiles } from './support/script.ts';

/** containerd from its static archive, as a service, with the Containers feature and the restart that this asks for. */
export const containerd = defineStep({
  id: 'containerd',
  title: (image) => `Install containerd ${image.containerd?.version ?? ''}`.trimEnd(),
  needs: { shell: openssh },
  applies: (image) => image.containerd !== undefined || 'not asked for',
  inputs: ({ containerd }) => ({ version: containerd?.version ?? '', sha256: containerd?.sha256 ?? '' }),
  files: scriptFiles('windows-feature', 'containerd'),
  output: runtimeOutput,
  retryable: true,
  reboot: 'if-needed',
  timeout: (image) => 2 * image.timeouts.script + image.timeouts.boot,
  run: (context) => installRuntime(context, 'containerd', context.config.containerd),
  verify: async (context) => [(await proveRuntime(context, 'containerd', context.config.containerd)).proof],
});
