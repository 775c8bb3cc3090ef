import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { script, scriptFiles } from './support/script.ts';

const state = z.object({
  crashDumpEnabled: z.number(),
  autoReboot: z.number(),
  managed: z.boolean(),
  pageFiles: z.array(z.object({ path: z.string(), initialMegabytes: z.number(), maximumMegabytes: z.number() })),
});
const change = changeOf(state);

/** CrashDumpEnabled (Microsoft, “Configure system failure and recovery options”; 7: AskCore, “Automatic Memory Dump”). */
const KINDS = { none: 0, kernel: 2, small: 3, automatic: 7 } as const;
const MIB = 2 ** 20;

/**
 * A template starts with any amount of memory, so the page file is Windows' to size; a node that stops with an error leaves
 * a dump that support can read and restarts by itself. Taken up when Windows starts next, which a clone always does.
 */
export const memoryDump = defineStep({
  id: 'memory-dump',
  title: 'Set crash dumps and the page file',
  needs: { shell: openssh },
  inputs: ({ memoryDump: kind, pageFile }) => ({
    memoryDump: kind,
    pageFileMegabytes: pageFile === 'managed' ? 0 : pageFile / MIB,
  }),
  files: scriptFiles('memory-dump'),
  output: z.object({ changed: z.boolean() }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const { changed } = await script(context, 'memory-dump', context.inputs, change);
    return { changed };
  },
  async verify(context) {
    const { memoryDump: kind, pageFileMegabytes: size } = context.inputs;
    const { before: now } = await script(context, 'memory-dump', context.inputs, change, { test: true });
    const files = now.pageFiles.map((file) => `${file.path} ${file.initialMegabytes} to ${file.maximumMegabytes} MiB`);
    const [file] = now.pageFiles;
    const own =
      !now.managed &&
      now.pageFiles.length === 1 &&
      file?.initialMegabytes === size &&
      file.maximumMegabytes === size &&
      /^[a-z]:\\pagefile\.sys$/i.test(file.path);
    const fits = now.crashDumpEnabled === KINDS[kind] && now.autoReboot === 1 && (size === 0 ? now.managed : own);
    if (!fits) {
      throw new IngotError(
        'memory-dump.settings',
        'expected crash dumps and page file as they were set, found others',
        {
          evidence: [
            `CrashDumpEnabled ${now.crashDumpEnabled}, not ${KINDS[kind]}; AutoReboot ${now.autoReboot}, not 1`,
            `page file ${now.managed ? 'managed' : files.join(', ') || 'none'}, not ${size === 0 ? 'managed' : `${size} MiB`}`,
          ],
          remedy: 'look for a policy or for software in the image that sets them',
        },
      );
    }
    return [
      `memory dump ${kind}, restart after it`,
      `page file ${now.managed ? 'managed by Windows' : files.join(', ')}`,
    ];
  },
});
