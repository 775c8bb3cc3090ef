import { z } from 'zod';
import { SECRET_PATTERN, Secret } from '../secret.ts';
import { hints } from './fields.ts';

/** Plain data in which a secret may stand for any value. */
export type PlainData =
  | string
  | number
  | boolean
  | null
  | Secret
  | readonly PlainData[]
  | { readonly [key: string]: PlainData };

type JsonValue = z.output<ReturnType<typeof z.json>>;

/** A map of plain data. `{secret: env:NAME}` becomes a Secret, at any depth; a reference that is none is reported. */
export function plainData(expected: string) {
  return z
    .record(z.string(), z.json())
    .register(hints, { expected })
    .transform((value, context) => {
      const read = (item: JsonValue, path: (string | number)[]): PlainData => {
        if (Array.isArray(item)) return item.map((element, index) => read(element, [...path, index]));
        if (item === null || typeof item !== 'object') return item;
        const reference = secretReference(item);
        if (reference !== undefined) {
          if (typeof reference === 'string' && SECRET_PATTERN.test(reference)) return new Secret(reference);
          context.addIssue({ code: 'custom', path: [...path, 'secret'], params: { secret: true } });
        }
        return Object.fromEntries(Object.entries(item).map(([key, child]) => [key, read(child, [...path, key])]));
      };
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item, [key])]));
    });
}

/** What `{secret: …}`, a map with this one key, holds; undefined for all else. */
export function secretReference(item: object): unknown {
  const [[key, value] = [], ...others] = Object.entries(item);
  return key === 'secret' && others.length === 0 ? value : undefined;
}
