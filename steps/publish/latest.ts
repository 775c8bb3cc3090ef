import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import { publishedDocument } from './document.ts';
import { defaultFolder, stateFolder } from './state-folder.ts';
import type { PublishTarget } from './target.ts';

const NAME = 'latest.json';

/** `latest.json` beside the templates on the datastore, and on this machine. */
export function latestTarget(image: Image, { folder, file }: NonNullable<Image['publish']['latest']>): PublishTarget {
  const place = `${folder ?? defaultFolder(image.template.name)}/${NAME}`;
  const places = [`the datastore’s ${place}`, ...(file === undefined ? [] : [file])].join(' and ');
  return {
    field: 'publish.latest',
    what: `what the newest template is, to ${places}`,
    timeoutMs: image.timeouts.task,
    async check() {
      if (file !== undefined) await requireWritable(file);
    },
    async publish(context) {
      const text = `${JSON.stringify(publishedDocument(context), null, 2)}\n`;
      const state = await stateFolder(context);
      const isOld = (await state.read(NAME)) !== text;
      if (isOld) await state.write(NAME, text, context.build);
      if (isOld && (await state.read(NAME)) !== text) throw notWritten(state.pathOf(NAME));
      const isOldHere = file !== undefined && (await readHere(file)) !== text;
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
