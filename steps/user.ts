import { createHash, scrypt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Json } from '../common/json.ts';
import type { Image, OwnStep, Parameter } from '../image/index.ts';
import { Secret } from '../image/index.ts';
import type { StepTools } from '../pipeline/step.ts';
import { type BuildEnv, defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { localFiles } from './support/local-files.ts';

const output = z.object({ result: z.json().nullable() });
type Context = BuildEnv & StepTools<Image, Json>;

/** A step of the image file: PowerShell, an upload or a restart, between ingot's own. */
export function userStep(own: OwnStep) {
  return defineStep({
    id: own.name,
    title: own.title,
    needs: { shell: openssh },
    inputs: (image, { digests }) => inputsOf(own, image.name, digests),
    output,
    retryable: own.retry > 0,
    timeout: own.timeout,
    run: async (context) => ({
      result: z
        .json()
        .nullable()
        .catch(null)
        .parse(await perform(own, context)),
    }),
    verify: async () => [provedBy[own.kind]],
  });
}

const provedBy: Readonly<Record<OwnStep['kind'], string>> = {
  powershell: 'exit code 0',
  script: 'exit code 0',
  upload: 'uploaded whole',
  restart: 'Windows has another boot time',
};

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
  const secrets: string[] = [];
  const parameters = await reveal(own.parameters, secrets);
  return guest.runUserScript(own.name, text, parameters, { signal, timeoutMs: own.timeout, onLog: log, secrets });
}

async function inputsOf(own: OwnStep, image: string, digests: BuildEnv['digests']): Promise<Json> {
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
        parameters: await seal(own.parameters, image),
      };
    case 'powershell':
      return {
        kind: own.kind,
        script: createHash('sha256').update(own.powershell).digest('hex'),
        parameters: await seal(own.parameters, image),
      };
  }
}

/** The parameters with every secret in clear, which also goes into `secrets`. */
async function reveal(
  parameters: Readonly<Record<string, Parameter>>,
  secrets: string[],
): Promise<Record<string, Json>> {
  const entries = Object.entries(parameters).map(async ([name, value]) => [name, await replace(value)] as const);
  return Object.fromEntries(await Promise.all(entries));

  async function replace(value: Parameter): Promise<Json> {
    return mapSecrets(value, async (secret) => {
      const clear = await secret.resolve();
      secrets.push(clear);
      return clear;
    });
  }
}

/** The parameters with every secret as a keyed digest: a change shows, the secret does not, and guessing is slow. */
async function seal(parameters: Readonly<Record<string, Parameter>>, image: string): Promise<Json> {
  return mapSecrets(parameters, async (secret) => {
    const digest = await promisify(scrypt)(await secret.resolve(), `ingot:${image}:${secret.reference}`, 32);
    return Buffer.isBuffer(digest) ? digest.toString('hex') : '';
  });
}

async function mapSecrets(value: Parameter, replace: (secret: Secret) => Promise<Json>): Promise<Json> {
  if (value instanceof Secret) return replace(value);
  if (Array.isArray(value)) return Promise.all(value.map((item: Parameter) => mapSecrets(item, replace)));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(async ([key, item]) => [key, await mapSecrets(item, replace)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** `C:\app` and `conf/x.ini` as SFTP wants them: `/C:/app/conf/x.ini`. */
function sftpPath(folder: string, relative: string): string {
  return ['', ...folder.split(/[\\/]+/), ...relative.split('/')]
    .filter((part, index) => index === 0 || part !== '')
    .join('/');
}
