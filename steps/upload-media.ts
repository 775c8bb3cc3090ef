import { basename } from 'node:path';
import { z } from 'zod';
import type { MediaLocation } from '../image/index.ts';
import { answerDisc } from './answer-disc.ts';
import { defineStep } from './define.ts';
import { inspectMedia } from './inspect-media.ts';
import { preflight } from './preflight.ts';
import type { Digests } from './support/digests.ts';
import { answerDiscStream, isoStream } from './support/streams.ts';

/** What stands for the Tools ISO in the fingerprint: its content; where that cannot be known, its place. */
async function toolsOf(location: MediaLocation, digests: Digests): Promise<string> {
  if (location.kind === 'file') return (await digests.of(location.path)).sha256;
  return location.kind === 'url' ? location.url : location.path;
}

/**
 * Brings the discs to the datastore. The Windows ISO is named by its content and uploaded under a temporary name first:
 * one that is there under its final name is whole. The answer disc gets a name that nobody can guess.
 */
export const uploadMedia = defineStep({
  id: 'upload-media',
  title: 'Upload the discs',
  needs: { media: inspectMedia, disc: answerDisc, place: preflight },
  inputs: async (image, { digests }) => ({
    tools: await toolsOf(image.media.toolsIso, digests),
  }),
  output: z.object({ iso: z.string(), tools: z.string(), disc: z.string(), uploadedBytes: z.number() }),
  retryable: true,
  timeout: (image) => 2 * image.timeouts.upload,
  async run({ vcenter, digests, config, needs, names, held, signal, progress }) {
    const { files } = await vcenter();
    const onProgress = (message: string) => (done: number, total: number) =>
      progress({ message, done, total, unit: 'bytes' });
    await files.makeFolders(names.mediaFolder, signal);
    // A build that was killed may have left a disc, and with it a password. One that a VM still holds goes with that VM.
    const discs = await files.makeFolder(names.discFolder, signal);
    if (discs === 'exists') await files.clearFolder(names.discFolder, signal);

    // One byte of the file differs by the patch: the name covers what is uploaded.
    const { media } = needs;
    const label = (sha256: string, path: string, patched: boolean) =>
      `${names.mediaFolder}/sha256-${sha256.slice(0, 12)}${patched ? '-noprompt' : ''}-${basename(path)}`;
    const iso = await files.putMedia(label(media.sha256, media.path, media.patches.length > 0), {
      size: media.size,
      content: () => isoStream(media.path, media.patches),
      onProgress: onProgress('Windows ISO'),
      signal,
    });
    const location = config.media.toolsIso;
    const tools = { path: '', uploadedBytes: 0 };
    if (location.kind === 'file') {
      const { sha256, size } = await digests.of(location.path);
      const content = () => isoStream(location.path, []);
      const name = label(sha256, location.path, false);
      Object.assign(
        tools,
        await files.putMedia(name, { size, content, onProgress: onProgress('VMware Tools ISO'), signal }),
      );
    } else if (location.kind === 'datastore') {
      tools.path = location.path;
    }
    const disc = await files.put(`${names.discFolder}/${needs.disc.name}`, {
      size: needs.disc.size,
      content: () => answerDiscStream(held.answerDisc),
      onProgress: onProgress('answer disc'),
      signal,
    });
    held.uploadedDisc = disc.path;
    const uploadedBytes = iso.uploadedBytes + tools.uploadedBytes + disc.uploadedBytes;
    return { iso: iso.path, tools: tools.path, disc: disc.path, uploadedBytes };
  },
  verify: async (_, { iso, uploadedBytes }) => [`${iso}`, `${(uploadedBytes / 2 ** 20).toFixed(1)} MiB uploaded`],
});
