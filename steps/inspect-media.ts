import { z } from 'zod';
import type { BuildGate } from '../iso/choose.ts';
import { orAborted } from '../pipeline/wait.ts';
import { defineStep } from './define.ts';
import { describePrompt } from './media/facts.ts';

/** Reads the ISO: which Windows is on it, which image of it is installed, and whether it boots without a key press. */
export const inspectMedia = defineStep({
  id: 'inspect-media',
  title: 'Read the Windows ISO',
  recorded: false,
  inputs: ({ windows, media, hardware }) => ({
    version: windows.version,
    build: windows.build,
    edition: windows.edition,
    installationType: windows.installationType,
    language: media.language,
    firmware: hardware.firmware,
  }),
  output: z.object({
    volumeLabel: z.string(),
    size: z.number(),
    evaluation: z.boolean(),
    bootPrompt: z.enum(['bios', 'never', 'patched', 'typed']),
    image: z.object({
      index: z.number(),
      name: z.string(),
      editionId: z.string(),
      installationType: z.string(),
      version: z.string(),
    }),
  }),
  // It may have to be downloaded first.
  timeout: ({ media, timeouts }) => timeouts.task + (media.withoutRanges === 'download' ? timeouts.upload : 0),
  preview: async (_, { iso }) => {
    const facts = await iso.facts();
    return [describeImage(facts.image), describePrompt(facts), ...remarks(facts.gate)];
  },
  async run({ iso, warn, signal }) {
    const facts = await orAborted(iso.facts(), signal, 0);
    for (const remark of remarks(facts.gate)) warn(remark);
    if (facts.bootPrompt === 'typed') warn(describePrompt(facts));
    const { index, name, editionId, installationType, version } = facts.image;
    return {
      volumeLabel: facts.volumeLabel,
      size: facts.size,
      evaluation: facts.evaluation,
      bootPrompt: facts.bootPrompt,
      image: { index, name, editionId, installationType, version },
    };
  },
  verify: async ({ iso }, { image, volumeLabel }) => [
    describeImage(image),
    `volume ${volumeLabel}; ${describePrompt(await iso.facts())}`,
    ...passedGate((await iso.facts()).gate),
  ],
});

interface Described {
  readonly index: number;
  readonly name: string;
  readonly installationType: string;
  readonly version: string;
}

function describeImage({ index, name, installationType, version }: Described): string {
  return `image ${index}: ${name}, ${installationType}, ${version}`;
}

/** What to know of the image's build. One that is too old for the procedure can still be installed: updates may lift it. */
function remarks({ passed, reason, notice }: BuildGate): string[] {
  return [...(passed ? [] : [`build ${reason}`]), ...(notice === null ? [] : [notice])];
}

function passedGate({ passed, reason }: BuildGate): string[] {
  return passed ? [`build ${reason}`] : [];
}
