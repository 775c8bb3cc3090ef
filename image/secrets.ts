import type { Json } from '../common/json.ts';
import type { PlainData } from './schema/plain-data.ts';
import { Secret } from './secret.ts';

/** Every reference to a secret in plain data, with its path (`vcenter.password`). */
export function findSecrets(data: unknown, path = ''): { readonly path: string; readonly secret: Secret }[] {
  if (data instanceof Secret) return [{ path, secret: data }];
  if (data === null || typeof data !== 'object') return [];
  return Object.entries(data).flatMap(([key, value]) =>
    findSecrets(value, Array.isArray(data) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
  );
}

/** What is put in the place of a secret. */
export type ReadSecret = (secret: Secret) => Promise<string>;

/**
 * Plain data (a step's parameters, settings of an answer file) with each secret in its place: for Windows only, never for
 * a log. With another `read`, something that stands for the secret, such as a keyed digest.
 */
export async function resolveParameters(
  parameters: Readonly<Record<string, PlainData>>,
  read: ReadSecret = (secret) => secret.resolve(),
): Promise<{ [key: string]: Json }> {
  const entries = await Promise.all(
    Object.entries(parameters).map(async ([key, value]) => [key, await resolveParameter(value, read)] as const),
  );
  return Object.fromEntries(entries);
}

async function resolveParameter(value: PlainData, read: ReadSecret): Promise<Json> {
  if (value instanceof Secret) return read(value);
  if (isList(value)) return Promise.all(value.map((item) => resolveParameter(item, read)));
  return value !== null && typeof value === 'object' ? resolveParameters(value, read) : value;
}

function isList(value: PlainData): value is readonly PlainData[] {
  return Array.isArray(value);
}
