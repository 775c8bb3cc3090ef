import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { parseJson } from '../../common/json.ts';
import { Problems } from '../../common/problems.ts';
import type { Image } from '../../image/index.ts';
import { publishedDocument } from './document.ts';
import { defaultFolder, stateFolder } from './state-folder.ts';
import type { PublishTarget } from './target.ts';

const NAME = 'latest.json';
const ownSchema = z.object({ version: z.literal(1), image: z.string(), fingerprint: z.string() });

/** `latest.json` beside the templates on the datastore, and on this machine. */
export function latestTarget(image: Image, { folder, file }: NonNullable<Image['publish']['latest']>): PublishTarget {
  const place = `${folder ?? defaultFolder(image.template.name)}/${NAME}`;
  const places = [`the datastore’s ${place}`, ...(file === undefined ? [] : [file])].join(' and ');
  return {
    field: 'publish.latest',
    what: `what the newest template is, to ${places}`,
    timeoutMs: image.timeouts.task,
    async check(context) {
      const problems = new Problems();
      await problems.gather(async () => {
        const state = await stateFolder(context);
        requireOurs(state.pathOf(NAME), await state.read(NAME), image);
      });
      await problems.gather(async () => {
        if (file === undefined) return;
        await requireWritable(file);
        requireOurs(file, await readHere(file), image);
      });
      problems.throwIfAny();
    },
    async publish(context) {
      const text = `${JSON.stringify(publishedDocument(context), null, 2)}\n`;
      const state = await stateFolder(context);
      const [found, here] = await Promise.all([state.read(NAME), file === undefined ? undefined : readHere(file)]);
      requireOurs(state.pathOf(NAME), found, image);
      if (file !== undefined) requireOurs(file, here, image);
      const isOld = found !== text;
      if (isOld) await state.write(NAME, text, context.build);
      if (isOld && (await state.read(NAME)) !== text) throw notWritten(state.pathOf(NAME));
      const isOldHere = file !== undefined && here !== text;
      if (isOldHere) await writeHere(file, text, context.build);
      const written = [state.pathOf(NAME), ...(file === undefined ? [] : [file])];
      return {
        where: written.join(', '),
        changed: isOld || isOldHere,
        proof: written.map((path) => `${path} names ${context.template.inventoryPath}`),
        facts: { kind: 'latest', path: state.pathOf(NAME) },
      };
    },
  };
}

/** What another image, or somebody else, has written there is not replaced. An empty file is nobody's. */
function requireOurs(path: string, text: string | undefined, { name }: Image): void {
  if (text === undefined || text.trim() === '') return;
  const found = ownSchema.safeParse(parseJson(text)).data;
  if (found?.image === name) return;
  const whose = found === undefined ? 'a file that ingot did not write' : `that of the image ${found.image}`;
  throw new IngotError('publish.not-ours', `expected ${path} to be free or of the image ${name}, found ${whose}`, {
    remedy: 'name another folder or file in publish.latest, or delete that one if nobody needs it',
  });
}

/** That the file can be written, as far as it can be seen without writing it. */
async function requireWritable(file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.isDirectory()) throw notWritten(file, new Error('a folder'));
  let folder = dirname(file);
  while (!(await stat(folder).catch(() => undefined)) && dirname(folder) !== folder) folder = dirname(folder);
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw notWritten(file, cause);
  });
}

async function readHere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

async function writeHere(file: string, text: string, build: string): Promise<void> {
  const beside = `${file}.${build}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(beside, text);
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw notWritten(file, cause);
  }
}

function notWritten(path: string, cause?: unknown): IngotError {
  const why = cause instanceof Error ? cause.message : 'another content';
  return new IngotError('publish.latest', `expected to write ${path}, found: ${why}`, {
    cause,
    remedy:
      'look whether that place can be written, and whether another build wrote it at this moment; then build again',
  });
}
