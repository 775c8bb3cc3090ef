import type { Json } from '../common/json.ts';
import type { Parameter } from './schema/steps.ts';
import { Secret } from './secret.ts';

/** Every reference to a secret in plain data, with its path (`vcenter.password`). */
export function findSecrets(data: unknown, path = ''): { readonly path: string; readonly secret: Secret }[] {
  if (data instanceof Secret) return [{ path, secret: data }];
  if (data === null || typeof data !== 'object') return [];
  return Object.entries(data).flatMap(([key, value]) =>
    findSecrets(value, Array.isArray(data) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`),
  );
}

/** A step's parameters with each secret in its place: for the guest only, never for a log. */
export async function resolveParameters(
  parameters: Readonly<Record<string, Parameter>>,
): Promise<{ [key: string]: Json }> {
  const entries = await Promise.all(
    Object.entries(parameters).map(async ([key, value]) => [key, await resolveParameter(value)] as const),
  );
  return Object.fromEntries(entries);
}

async function resolveParameter(value: Parameter): Promise<Json> {
  if (value instanceof Secret) return value.resolve();
  if (isList(value)) return Promise.all(value.map(resolveParameter));
  return value !== null && typeof value === 'object' ? resolveParameters(value) : value;
}

function isList(value: Parameter): value is readonly Parameter[] {
  return Array.isArray(value);
}
