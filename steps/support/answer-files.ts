import { canonicalJson, type Json } from '../../common/json.ts';
import type { Redactor } from '../../common/redactor.ts';
import { type DomainJoin, type Image, Secret } from '../../image/index.ts';
import { type ReadSecret, resolveParameters } from '../../image/secrets.ts';
import { keyedDigest } from './keyed-digest.ts';
import { randomPassword } from './password.ts';

/** What an answer file holds that is not in the image file itself: passwords and keys, or what stands for them. */
export interface AnswerSecrets {
  readonly administratorPassword: string;
  /** Reads a secret, or says what stands in its place. */
  readonly read: ReadSecret;
}

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

/** What can change the answer file of Setup, less what the media and the disc itself hold. */
export async function installInputs(image: Image) {
  const { recoveryPartition, network, unattend, installationType } = image.windows;
  return {
    ...answerFileInputs(image),
    firmware: image.hardware.firmware,
    installationType,
    productKey: await productKeyDigest(image),
    // Guest operations log in with it: another one needs another installation.
    ...(image.communicator === 'vmtools' ? { password: await passwordDigest(image) } : {}),
    recoveryPartition,
    network: canonicalJson(network ?? null),
    unattend: await resolveParameters(unattend.install ?? {}, keyedDigest(image.name)),
  } satisfies Json;
}

/** What can change the answer file of the clones. */
export async function sysprepInputs(image: Image) {
  const { sysprep, unattend } = image.windows;
  const digest = keyedDigest(image.name);
  return {
    ...answerFileInputs(image),
    computerName: sysprep.computerName,
    extendOsPartition: sysprep.extendOsPartition,
    network: canonicalJson(sysprep.network ?? null),
    domainJoin: canonicalJson((await resolveJoin(sysprep.domainJoin, digest)) ?? null),
    unattend: await resolveParameters(unattend.sysprep ?? {}, digest),
    password: await passwordDigest(image),
  } satisfies Json;
}

/** What a clone joins, with each secret in its place. */
export async function resolveJoin(join: DomainJoin | undefined, read: ReadSecret) {
  if (join === undefined) return undefined;
  if ('workgroup' in join) return join;
  if ('accountData' in join) return { accountData: await read(join.accountData) };
  const { domain, organizationalUnit } = join;
  if ('machinePassword' in join) {
    return { domain, organizationalUnit, machinePassword: await read(join.machinePassword) };
  }
  const { credentials } = join;
  return { domain, organizationalUnit, credentials: { ...credentials, password: await read(credentials.password) } };
}

/** What stands for the password of Administrator in a fingerprint; null where each build has a random one. */
async function passwordDigest({ name, windows }: Image): Promise<string | null> {
  return windows.administratorPassword === undefined ? null : keyedDigest(name)(windows.administratorPassword);
}

/** What stands for the product key in a fingerprint. */
async function productKeyDigest({ name, windows }: Image): Promise<string> {
  const { productKey: key } = windows;
  return key instanceof Secret ? keyedDigest(name)(key) : String(key);
}

/**
 * The secrets of one answer file; the redactor knows each of them in every form that the file has it in. Without a
 * password: the one the image file refers to, otherwise a random one, for a file that is only looked at.
 */
export async function answerSecrets(image: Image, redactor: Redactor, password?: string): Promise<AnswerSecrets> {
  const reference = image.windows.administratorPassword;
  const administratorPassword = password ?? (await reference?.resolve()) ?? randomPassword();
  await registerPassword(redactor, administratorPassword);
  return { administratorPassword, read: (secret) => secret.resolve() };
}

/** Makes a password known to the redactor, in the forms that answer files have it in too. */
export async function registerPassword(redactor: Redactor, password: string): Promise<void> {
  const { encodePassword } = await import('../../unattend/password.ts');
  redactor.add(password);
  redactor.add(encodePassword(password, 'AdministratorPassword').Value);
  redactor.add(encodePassword(password, 'Password').Value);
}

/** The product key for Setup; undefined on evaluation media and where the image file wants none. */
export async function productKey(image: Image, evaluation: boolean, read: ReadSecret): Promise<string | undefined> {
  const { productKey: key, version, edition } = image.windows;
  if (key instanceof Secret) return read(key);
  if (key === 'none' || evaluation) return undefined;
  const { kmsClientKey } = await import('../../unattend/kms-keys.ts');
  return kmsClientKey(version, edition);
}
