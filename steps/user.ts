import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import type { Json } from '../common/json.ts';
import type { Image, OwnStep } from '../image/index.ts';
import { findSecrets, resolveParameters } from '../image/secrets.ts';
import type { StepTools } from '../pipeline/step.ts';
import { type BuildEnv, defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { keyedDigest } from './support/keyed-digest.ts';
import { localFiles } from './support/local-files.ts';

const output = z.object({ result: z.json().nullable() });
type Context = BuildEnv & StepTools<Image, Json>;
type Inputs = { readonly [name: string]: Json };

/** Characters of JSON that a step's result may have to be recorded. */
const MOST_RESULT = 16_384;

/** A step of the image file: PowerShell, an upload or a restart, between ingot's own. */
export function userStep(own: OwnStep) {
  return defineStep({
    id: own.name,
    title: own.title,
    needs: { shell: openssh },
    inputs: async (image, { digests }) => ({
      ...(await inputsOf(own, image.name, digests)),
      ...(own.reboot !== undefined && { reboot: own.reboot }),
    }),
    output,
    retryable: own.retry > 0,
    timeout: own.timeout,
    ...(own.reboot !== undefined && { reboot: own.reboot }),
    run: async (context) => {
      const result = z
        .json()
        .nullable()
        .catch(null)
        .parse(await persist(own, context));
      if (result !== null && typeof result === 'object' && 'rebootRequired' in result && result.rebootRequired)
        context.wantRestart?.('its result says so');
      return { result: kept(result, context) };
    },
    verify: async () => [provedBy[own.kind]],
  });
}

const provedBy: Readonly<Record<OwnStep['kind'], string>> = {
  powershell: 'exit code 0',
  script: 'exit code 0',
  upload: 'uploaded whole',
  restart: 'Windows has another boot time',
};

/** Tries as often again as the user wants, whatever went wrong: it is for the user to know that the step can be repeated. */
async function persist(own: OwnStep, context: Context): Promise<unknown> {
  for (let left = own.retry; ; left--) {
    try {
      return await perform(own, context);
    } catch (error) {
      const lost = error instanceof IngotError && error.retryable; // the engine waits, and runs the step again
      if (left === 0 || lost || context.signal.aborted) throw error;
      context.warn(`${own.name} failed and is tried again: ${error instanceof Error ? error.message : error}`);
    }
  }
}

async function perform(own: OwnStep, context: Context): Promise<unknown> {
  const { signal, progress, log, config } = context;
  const guest = await context.guest(signal);
  if (own.kind === 'restart') {
    await guest.restart({ signal, deadlineMs: config.timeouts.boot });
    return null;
  }
  if (own.kind === 'upload') {
    for (const file of await localFiles(own.from)) {
      const message = `Uploading ${file.relative}`;
      await guest.upload(file.path, sftpPath(own.to, file.isRoot ? '' : file.relative), {
        signal,
        onProgress: (done, total) => progress({ message, done, total, unit: 'bytes' }),
      });
    }
    return null;
  }
  const text = own.kind === 'script' ? await readFile(own.script, 'utf8') : own.powershell;
  const parameters = await resolveParameters(own.parameters);
  const secrets = await Promise.all(findSecrets(own.parameters).map(({ secret }) => secret.resolve()));
  return guest.runUserScript(own.name, text, parameters, { signal, timeoutMs: own.timeout, onLog: log, secrets });
}

/** A result is recorded in the settings of the VM, which are no place for much. */
function kept(result: Json, { warn }: Context): Json {
  const length = JSON.stringify(result).length;
  if (length <= MOST_RESULT) return result;
  warn(`the result of ${length} characters is not kept: at most ${MOST_RESULT} are; write it to a file of Windows`);
  return null;
}

async function inputsOf(own: OwnStep, image: string, digests: BuildEnv['digests']): Promise<Inputs> {
  switch (own.kind) {
    case 'restart':
      return { kind: own.kind };
    case 'upload': {
      const files = await localFiles(own.from);
      const contents = await Promise.all(
        files.map(async (file) => [file.relative, (await digests.of(file.path)).sha256]),
      );
      return { kind: own.kind, to: own.to, files: contents };
    }
    case 'script':
      return {
        kind: own.kind,
        script: (await digests.of(own.script)).sha256,
        parameters: await resolveParameters(own.parameters, keyedDigest(image)),
      };
    case 'powershell':
      return {
        kind: own.kind,
        script: createHash('sha256').update(own.powershell).digest('hex'),
        parameters: await resolveParameters(own.parameters, keyedDigest(image)),
      };
  }
}

/** `C:\app` and `conf/x.ini` as SFTP wants them: `/C:/app/conf/x.ini`. */
function sftpPath(folder: string, relative: string): string {
  return ['', ...folder.split(/[\\/]+/), ...relative.split('/')]
    .filter((part, index) => index === 0 || part !== '')
    .join('/');
}
