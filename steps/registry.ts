import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import type { Json } from '../common/json.ts';
import { findSecrets, type Image, type PlainData, resolveParameters, Secret } from '../image/index.ts';
import { registryData, registryKey } from '../image/registry.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { few } from './support/few.ts';
import { keyedDigest } from './support/keyed-digest.ts';
import { explained } from './support/known-failures.ts';
import { script, scriptFiles } from './support/script.ts';

const found = z.object({
  hive: z.string(),
  key: z.string(),
  name: z.string(),
  present: z.boolean(),
  type: z.string(),
  /** Null for a secret: then only the script compares. */
  value: z.union([z.string(), z.number(), z.array(z.string()), z.null()]),
  fits: z.boolean(),
});
const change = changeOf(z.array(found));
type Found = z.infer<typeof found>;

const known = {
  'registry.access-denied': {
    code: 'registry.access-denied',
    message: 'expected Administrator to be allowed to write each registry value, found one that he may not write',
    remedy: 'keys of TrustedInstaller are not for images; set the feature behind it in another way',
  },
  'registry.hive-in-use': {
    code: 'registry.hive-in-use',
    message: 'expected the profile of new users to be closed after the change, found that something holds it open',
    remedy: 'look for software in the image that reads C:\\Users\\Default\\NTUSER.DAT, such as a scanner',
  },
};

/** Registry values of the image file, each with its type. */
export const registry = defineStep({
  id: 'registry',
  title: 'Set registry values',
  needs: { shell: openssh },
  applies: (image) => image.registry.length > 0 || 'none asked for',
  inputs: (image): Promise<{ [key: string]: Json }> => resolveParameters(parametersOf(image), keyedDigest(image.name)),
  files: scriptFiles('registry'),
  output: z.object({ values: z.number(), changed: z.number() }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const { before } = await call(context, false);
    return { values: before.length, changed: before.filter(({ fits }) => !fits).length };
  },
  async verify(context) {
    const { before } = await call(context, true);
    const wrong = wanted(context.config).flatMap((value, index) => judge(value, before[index]));
    if (wrong.length > 0) {
      throw new IngotError('registry.value', 'expected each registry value as it was set, found others', {
        evidence: wrong,
        remedy: 'look for a policy or for software in the image that sets them again',
      });
    }
    const lines = before.map(({ hive, key, name, type, present }) =>
      present ? `${hive}\\${key}: ${name || '(default)'} ${type}` : `${hive}\\${key}: no ${name || '(default)'}`,
    );
    return few(lines);
  },
});

async function call(context: Parameters<typeof script>[0], test: boolean) {
  const parameters = parametersOf(context.config);
  const secrets = await Promise.all(findSecrets(parameters).map(({ secret }) => secret.resolve()));
  const resolved = await resolveParameters(parameters);
  return explained(script(context, 'registry', resolved, change, { test, secrets }), known);
}

/** The values of the image file in the form that travels. The image file's rules hold: keys and values are right. */
function wanted(image: Image): readonly Readonly<Record<string, PlainData>>[] {
  return image.registry.map(({ path, name = '', type, value }) => {
    const place = registryKey(path);
    if ('found' in place) throw unfit(path, place.found);
    if (type === undefined || value === undefined) return { ...place, name, absent: true };
    const read = registryData(type, value);
    if ('expected' in read) throw unfit(path, `something else than ${read.expected}`);
    const { data } = read;
    return { ...place, name, type, ...(data instanceof Secret ? { secret: data } : { value: data }) };
  });
}

const parametersOf = (image: Image) => ({ values: wanted(image) });

function unfit(path: string, what: string): IngotError {
  return new IngotError('registry.setting', `expected a registry value that fits at ${path}, found ${what}`);
}

/** A line for what differs; what a secret is compared with stays in Windows. */
function judge(value: Readonly<Record<string, PlainData>>, now: Found | undefined): string[] {
  const place = `${value.hive}\\${value.key}, value ${value.name || '(default)'}`;
  if (now === undefined) return [`${place}: not told`];
  if (value.absent === true) return now.present ? [`${place}: there as ${now.type}`] : [];
  if (!now.present) return [`${place}: not there`];
  if (now.type !== value.type) return [`${place}: ${now.type}, not ${value.type}`];
  const same = 'secret' in value ? now.fits : JSON.stringify(now.value) === JSON.stringify(value.value);
  return same ? [] : [`${place}: another value`];
}
