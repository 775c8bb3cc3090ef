import { z } from 'zod';
import { locatedAt } from './document.ts';
import { flatten, valueAt } from './issues.ts';
import type { Located } from './located.ts';
import type { Path } from './problem.ts';
import { hintOf, schemaAt, unwrap } from './schema-walk.ts';
import { pathKey, type Substituted } from './variables.ts';

type Issue = z.core.$ZodIssue;

export type DeepPartial<T> = T extends readonly (infer Item)[]
  ? readonly (DeepPartial<Item> | undefined)[]
  : T extends (...parameters: never[]) => unknown
    ? T
    : T extends object
      ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> | undefined }
      : T;

/** A longer list is told as such; its items are not looked at. */
const LONGEST_LIST = 1000;

/** What a schema makes of a file: all of it, or the parts that are right and every issue of the rest. */
export type Parse<T> =
  | { readonly image: T; readonly part: DeepPartial<T> }
  | { readonly image?: undefined; readonly part: DeepPartial<T>; readonly issues: readonly [Issue, Path][] };

/**
 * Parses the data of a file. YAML and variables know less of types than the schema, so two readings are put right
 * first: a variable that stands alone is a number or a truth value where the schema wants one, and an unquoted `2022`
 * or `20.10` is text, as it is written, where the schema takes versions and digests.
 */
export function parseData<T>(schema: z.ZodType<T>, root: Located, { value: data, whole }: Substituted): Parse<T> {
  for (let round = 0; ; round += 1) {
    const result = schema.safeParse(data);
    if (result.success) return { image: result.data, part: result.data as DeepPartial<T> };
    const issues = flatten(result.error.issues);
    const replaced = round < 3 && issues.filter(([, path]) => retype(schema, data, root, whole, path)).length > 0;
    if (!replaced) return { issues, part: parsePart(schema, data) as DeepPartial<T> };
  }
}

/** Replaces the value at the path by its other reading, if it has one. */
function retype(schema: z.ZodType, data: unknown, root: Located, whole: ReadonlySet<string>, path: Path): boolean {
  const value = valueAt(data, path);
  const wanted = schemaAt(schema, path);
  const other =
    typeof value === 'string' && whole.has(pathKey(path))
      ? readAs(wanted, value)
      : typeof value === 'number' && hintOf(wanted)?.numeric
        ? locatedAt(root, path)?.source
        : undefined;
  if (other === undefined) return false;
  const parent = valueAt(data, path.slice(0, -1));
  const key = path.at(-1);
  if (parent === null || typeof parent !== 'object' || key === undefined) return false;
  return Reflect.set(parent, key, other);
}

function readAs(schema: unknown, text: string): number | boolean | undefined {
  if (schema instanceof z.ZodNumber && /^-?\d{1,15}(\.\d{1,15})?$/.test(text)) return Number(text);
  const truth = schema instanceof z.ZodBoolean || (schema instanceof z.ZodLiteral && schema.values.has(true));
  return truth && /^(true|false)$/.test(text) ? text === 'true' : undefined;
}

/** What is right in the data, so that the rules across fields can be checked beside the mistakes. */
function parsePart(schema: z.ZodType, data: unknown): unknown {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject && data !== null && typeof data === 'object' && !Array.isArray(data)) {
    const fields = Object.entries<z.ZodType>(inner.shape);
    return Object.fromEntries(fields.map(([key, field]) => [key, parsePart(field, valueAt(data, [key]))]));
  }
  if (
    inner instanceof z.ZodArray &&
    Array.isArray(data) &&
    data.length <= LONGEST_LIST &&
    inner.element instanceof z.ZodType
  ) {
    const { element } = inner;
    return data.map((item: unknown) => parsePart(element, item));
  }
  return undefined;
}
