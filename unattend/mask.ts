import { kmsKeyOf } from './kms-keys.ts';
import type { AnswerFile, Setting } from './model.ts';

/** What stands in place of a secret. */
export const MASK = '********';

/**
 * Settings whose value is a secret wherever they stand: passwords, and what `djoin.exe` wrote. In any case, and also
 * where a password should hold a Value: a mistake that Windows refuses is still a secret.
 */
const SECRETS = /(password|^accountdata)$/;
/** Settings that hold their password as Value. */
const HOLDERS = /password$/;

/**
 * The same file without its secrets: each password and each product key that is none of Microsoft's public KMS client
 * keys is replaced by `MASK`. What a command line holds is left as it is: no rule tells a password in it.
 */
export function maskSecrets(file: AnswerFile): AnswerFile {
  return {
    ...file,
    passes: file.passes.map((pass) => ({
      ...pass,
      components: pass.components.map((component) => ({ ...component, settings: mask(component.settings, []) })),
    })),
  };
}

function mask(settings: readonly Setting[], above: readonly string[]): readonly Setting[] {
  return settings.map((setting): Setting => {
    const path = [...above, setting.name];
    if (setting.children !== undefined) return { ...setting, children: mask(setting.children, path) };
    return isSecret(path, setting.value ?? '') ? { ...setting, value: MASK } : setting;
  });
}

function isSecret(path: readonly string[], value: string): boolean {
  if (value === '') return false;
  const name = (path.at(-1) ?? '').toLowerCase();
  const parent = (path.at(-2) ?? '').toLowerCase();
  if (name === 'productkey' || (name === 'key' && parent === 'productkey')) return kmsKeyOf(value.trim()) === undefined;
  return SECRETS.test(name) || (name === 'value' && HOLDERS.test(parent));
}
