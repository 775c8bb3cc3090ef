import { z } from 'zod';
import { defineStep } from './define.ts';
import { inspectMedia } from './inspect-media.ts';
import { describePrompt } from './media/facts.ts';
import { preflight } from './preflight.ts';

/**
 * Brings the Windows ISO to the datastore under a name that is its content's. Not recorded: whether it is there is looked
 * up anew. A master that is there was installed from it, so then only its digest is needed, which all that follows is
 * built on.
 */
export const uploadIso = defineStep({
  id: 'upload-iso',
  title: 'Bring the Windows ISO to the datastore',
  needs: { media: inspectMedia, place: preflight },
  recorded: false,
  retryable: true,
  output: z.object({ sha256: z.string(), path: z.string().nullable(), uploadedBytes: z.number() }),
  timeout: (image) => 2 * image.timeouts.upload,
  preview: async (_, { iso }) => [`${shown(await iso.digest())}, ${mebibytes((await iso.facts()).size)}`],
  async run({ vcenter, iso, signal, progress, log }) {
    const onProgress = (message: string, done: number, total: number) =>
      progress({ message, done, total, unit: 'bytes' });
    const master = await (await vcenter()).look('master', signal);
    // One that is not known to this datastore did not make the master that is there.
    const sha256 = master === undefined ? undefined : await iso.identify({ onProgress, signal });
    return sha256 === undefined ? iso.bring({ onProgress, log, signal }) : { sha256, path: null, uploadedBytes: 0 };
  },
  async verify({ iso, needs }, { sha256, path, uploadedBytes }) {
    const digest = `${shown(sha256)}, ${mebibytes(needs.media.size)}`;
    if (path === null) return [digest, 'not uploaded: the master that is there was installed already'];
    return [digest, `${path}; ${uploadedBytes > 0 ? describePrompt(await iso.facts()) : 'there already'}`];
  },
});

function shown(sha256: string): string {
  return sha256 === 'unknown' ? 'SHA-256 not known before it is brought' : `SHA-256 ${sha256}`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
