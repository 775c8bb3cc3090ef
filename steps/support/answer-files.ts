import type { Json } from '../../common/json.ts';
import type { Redactor } from '../../common/redactor.ts';
import { type Image, Secret } from '../../image/index.ts';
import { keyedDigest } from './keyed-digest.ts';
import { randomPassword } from './password.ts';

/** What both answer files take from the image file; enters the fingerprints of the steps that write them. */
export function answerFileInputs(image: Image) {
  const { computerName, organization, owner, timeZone, locale, inputLocale, uiLanguage } = image.windows;
  return {
    computerName,
    organization,
    owner,
    timeZone,
    locale: { input: inputLocale, system: locale, ui: uiLanguage, user: locale },
  } satisfies Json;
}

/** What stands for the password of Administrator in a fingerprint; null where each build has a random one. */
export async function passwordDigest({ name, windows }: Image): Promise<string | null> {
  return windows.administratorPassword === undefined ? null : keyedDigest(name)(windows.administratorPassword);
}

/** What stands for the product key in a fingerprint. */
export async function productKeyDigest({ name, windows }: Image): Promise<string> {
  const { productKey: key } = windows;
  return key instanceof Secret ? keyedDigest(name)(key) : String(key);
}

/** The Administrator's password: the one the image file refers to, otherwise a new random one. Known to the redactor. */
export async function administratorPassword(image: Image, redactor: Redactor): Promise<string> {
  const reference = image.windows.administratorPassword;
  const password = reference === undefined ? randomPassword() : await reference.resolve();
  const { encodePassword } = await import('../../unattend/password.ts');
  redactor.add(password);
  redactor.add(encodePassword(password, 'AdministratorPassword').Value);
  redactor.add(encodePassword(password, 'Password').Value);
  return password;
}

/** The product key for Setup; undefined on evaluation media and where the image file wants none. */
export async function productKey(image: Image, evaluation: boolean): Promise<string | undefined> {
  const { productKey: key, version, edition } = image.windows;
  if (key instanceof Secret) return key.resolve();
  if (key === 'none' || evaluation) return undefined;
  const { kmsClientKey } = await import('../../unattend/kms-keys.ts');
  return kmsClientKey(version, edition);
}
