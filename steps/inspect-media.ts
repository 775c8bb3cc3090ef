import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import type { Image, MediaLocation } from '../image/index.ts';
import type { WindowsImage } from '../iso/wim-xml.ts';
import { defineStep } from './define.ts';

const patch = z.object({ offset: z.number(), bytes: z.base64() });

export const mediaOutput = z.object({
  path: z.string(),
  sha256: z.string(),
  size: z.number(),
  volumeLabel: z.string(),
  evaluation: z.boolean(),
  noPrompt: z.boolean(),
  patches: z.array(patch),
  image: z.object({
    index: z.number(),
    name: z.string(),
    editionId: z.string(),
    installationType: z.string(),
    version: z.string(),
  }),
});

/** Reads the ISO: which Windows is on it, which image of it is installed, and whether it boots without a key press. */
export const inspectMedia = defineStep({
  id: 'inspect-media',
  title: 'Read the Windows ISO',
  recorded: false,
  async inputs(image, { digests }) {
    const { sha256 } = await digests.of(localPath(image.media.iso, 'media.iso'));
    const { version, build, edition, installationType } = image.windows;
    const { edition: select, language } = image.media;
    return { sha256, version, build, edition, installationType, language, select: select ?? null };
  },
  output: mediaOutput,
  timeout: 10 * 60_000,
  async run({ config, inputs, digests, warn }) {
    const [{ chooseImage }, { inspectMedia: inspect }, { noPromptPatch }, { openFileSource }] = await Promise.all([
      import('../iso/choose.ts'),
      import('../iso/inspect.ts'),
      import('../iso/no-prompt.ts'),
      import('../iso/source.ts'),
    ]);
    const path = localPath(config.media.iso, 'media.iso');
    const { sha256, size } = await digests.of(path);
    checkDigest(config, path, sha256);
    await using source = await openFileSource(path);
    const facts = await inspect(source);
    const { image, gate } = chooseImage(facts.images, {
      version: inputs.version,
      edition: inputs.edition,
      installationType: inputs.installationType,
      select: inputs.select ?? undefined,
    });
    checkLanguage(config.media.language, image);
    if (!gate.passed) warn(`${image.version} is older than ${gate.minimum}: ${gate.reason}`);
    const { index, name, editionId, installationType, version } = image;
    return {
      path,
      sha256,
      size,
      volumeLabel: facts.volumeLabel,
      evaluation: facts.evaluation,
      noPrompt: facts.noPrompt.available,
      patches: facts.noPrompt.available
        ? noPromptPatch(facts.noPrompt).map(({ offset, bytes }) => ({
            offset,
            bytes: Buffer.from(bytes).toString('base64'),
          }))
        : [],
      image: { index, name, editionId, installationType, version },
    };
  },
  verify: async (_, { image, sha256, noPrompt }) => [
    `image ${image.index}: ${image.name}, ${image.installationType}, ${image.version}`,
    `SHA-256 ${sha256.slice(0, 12)}…; ${noPrompt ? 'boots without a key press' : 'asks for a key press when it boots'}`,
  ],
});

/** The path of a disc image that lies on this machine. */
export function localPath(location: MediaLocation, field: string): string {
  if (location.kind === 'file') return location.path;
  const found = location.kind === 'url' ? location.url : location.path;
  throw new IngotError('media.location', `expected ${field} to be a file on this machine, found ${found}`, {
    remedy: 'download it first and name the local file',
  });
}

/** Setup stops at a page of its own when the language of its answer file is not on the media. */
function checkLanguage(wanted: string, image: WindowsImage): void {
  const { languages } = image;
  if (languages.length === 0 || languages.some((language) => language.toLowerCase() === wanted.toLowerCase())) return;
  throw new IngotError('media.language', `expected ${wanted} in image ${image.index}, found ${languages.join(', ')}`, {
    remedy: 'set windows.uiLanguage to a language of the ISO, or use another ISO',
  });
}

function checkDigest(image: Image, path: string, sha256: string): void {
  const expected = image.media.sha256;
  if (expected === undefined || expected === sha256) return;
  throw new IngotError('media.sha256', `expected ${path} to have the SHA-256 ${expected}, found ${sha256}`, {
    remedy: 'download the ISO again, or correct media.sha256',
  });
}
