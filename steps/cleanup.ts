import { z } from 'zod';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { script, scriptFiles } from './support/script.ts';

const result = z.object({ freedBytes: z.number(), removed: z.array(z.string()) });

/** Temporary files, logs and the update cache, before the master is kept. */
export const cleanup = defineStep({
  id: 'cleanup',
  title: 'Clean up temporary files and caches',
  needs: { shell: openssh },
  files: scriptFiles('cleanup'),
  output: result,
  retryable: true,
  timeout: (image) => image.timeouts.cleanup,
  run: (context) => script(context, 'cleanup', {}, result, { timeoutMs: context.config.timeouts.cleanup }),
  verify: async (_, { freedBytes }) => [`${(freedBytes / 2 ** 20).toFixed(0)} MiB freed`],
});
