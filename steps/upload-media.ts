import { basename } from 'node:path';
import { z } from 'zod';
import type { MediaLocation } from '../image/index.ts';
import { answerDisc } from './answer-disc.ts';
import { defineStep } from './define.ts';
import { changed, mediaName } from './media/bring.ts';
import { preflight } from './preflight.ts';
import type { Digests } from './support/digests.ts';
import { answerDiscStream } from './support/streams.ts';
import { uploadIso } from './upload-iso.ts';
import { filePieces } from './vcenter/file-pieces.ts';

/** What stands for the Tools ISO in the fingerprint: its content; where that cannot be known, its place. */
async function toolsOf(location: MediaLocation, digests: Digests): Promise<string> {
  if (location.kind === 'file') return (await digests.of(location.path)).sha256;
  if (location.kind === 'library') return `library:${location.library}/${location.item}`;
  return location.kind === 'url' ? location.url : location.path;
}

/**
 * Brings the discs to the datastore that go with the Windows ISO, and the ISO itself where a VM that was there is made
 * anew. The answer disc, which carries a password, gets a name that nobody can guess.
 */
export const uploadMedia = defineStep({
  id: 'upload-media',
  title: 'Upload the discs',
  needs: { windows: uploadIso, disc: answerDisc, place: preflight },
  inputs: async (image, { digests }) => ({
    tools: await toolsOf(image.media.toolsIso, digests),
  }),
  output: z.object({ iso: z.string(), tools: z.string(), disc: z.string(), uploadedBytes: z.number() }),
  retryable: true,
  timeout: (image) => 2 * image.timeouts.upload,
  async run({ vcenter, iso, digests, config, needs, names, held, signal, progress, log }) {
    const center = await vcenter();
    const { files } = center;
    const onProgress = (message: string, done: number, total: number) =>
      progress({ message, done, total, unit: 'bytes' });
    // A build that was killed may have left a disc, and with it a password. One that a VM still holds goes with that VM.
    const discs = await files.makeFolder(names.discFolder, signal);
    if (discs === 'exists') await files.clearFolder(names.discFolder, signal);

    const { path, uploadedBytes } = needs.windows;
    const windows = path === null ? await iso.bring({ onProgress, log, signal }) : { path, uploadedBytes };
    const location = config.media.toolsIso;
    const tools = { path: '', uploadedBytes: 0 };
    if (location.kind === 'file') {
      const { sha256, size } = await digests.of(location.path);
      const name = mediaName(sha256, basename(location.path));
      tools.path = (await files.findMedia(names.mediaFolder, name, { size, sha256 }, signal)) ?? '';
      if (tools.path === '') {
        await files.makeFolders(names.mediaFolder, signal);
        const put = await files.putDigested({
          folder: names.mediaFolder,
          size,
          content: () => filePieces(location.path),
          label: (sent) => mediaName(sent, basename(location.path)),
          verify: (sent) => {
            if (sent !== sha256) throw changed(location.path, sha256, sent);
          },
          onProgress: (done, total) => onProgress('Uploading the VMware Tools ISO', done, total),
          log,
          signal,
        });
        Object.assign(tools, put);
      }
    } else if (location.kind !== 'url') {
      tools.path = await center.media.pathOf(location, signal);
    }
    const discPath = `${names.discFolder}/${needs.disc.name}`;
    // From now on: what an upload that breaks off leaves holds the password too.
    held.uploadedDisc = discPath;
    const disc = await files.put(discPath, {
      size: needs.disc.size,
      content: () => answerDiscStream(held.answerDisc),
      onProgress: (done, total) => onProgress('Uploading the answer disc', done, total),
      signal,
    });
    held.uploadedDisc = disc.path;
    const uploaded = windows.uploadedBytes + tools.uploadedBytes + disc.uploadedBytes;
    return { iso: windows.path, tools: tools.path, disc: disc.path, uploadedBytes: uploaded };
  },
  verify: async (_, { iso, uploadedBytes }) => [`${iso}`, `${(uploadedBytes / 2 ** 20).toFixed(1)} MiB uploaded`],
});
