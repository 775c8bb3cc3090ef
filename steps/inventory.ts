import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { countsOf, inOrder, inventorySchema } from './support/inventory.ts';
import { script, scriptFiles } from './support/script.ts';

/**
 * What is in the Windows that becomes the master, read back at its end: a JSON file beside the journal, and its digest and
 * counts in the record. The same Windows gives the same file.
 */
export const inventory = defineStep({
  id: 'inventory',
  title: 'Write down what is in this Windows',
  needs: { shell: openssh },
  files: scriptFiles('inventory'),
  output: z.object({
    build: z.string(),
    file: z.string(),
    sha256: z.string(),
    counts: z.record(z.string(), z.number()),
    unread: z.array(z.string()),
  }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const found = inOrder(await script(context, 'inventory', {}, inventorySchema));
    for (const { part, message } of found.unread) context.warn(`the inventory has no ${part}: ${message}`);
    const text = `${JSON.stringify(found, null, 2)}\n`;
    const file = context.fileOf('inventory.json');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return {
      build: found.os?.build ?? '',
      file,
      sha256: createHash('sha256').update(text).digest('hex'),
      counts: countsOf(found),
      unread: found.unread.map(({ part }) => part),
    };
  },
  verify: async (_, { build, file, counts, unread }) => [
    `Windows ${build}: ${Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([part, count]) => `${count} ${part}`)
      .join(', ')}`,
    ...(unread.length === 0 ? [] : [`not read: ${unread.join(', ')}`]),
    file,
  ],
});
