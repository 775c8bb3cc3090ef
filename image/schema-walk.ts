import { z } from 'zod';
import type { Path } from './problem.ts';
import { type Hint, hints } from './schema/fields.ts';

/** What a field's schema is once defaults, optionality and transforms are taken off. */
export function unwrap(schema: unknown): unknown {
  let inner: unknown = schema;
  for (;;) {
    if (inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault || inner instanceof z.ZodOptional) {
      inner = inner.unwrap();
    } else if (inner instanceof z.ZodPipe) inner = inner.in;
    else return inner;
  }
}

/** The schema at a path, unwrapped; undefined where the schema knows no such place. */
export function schemaAt(root: unknown, path: Path): unknown {
  let schema = unwrap(root);
  for (const key of path) schema = unwrap(step(schema, key));
  return schema;
}

function step(schema: unknown, key: string | number): unknown {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodUnion) {
    for (const option of schema.options) {
      const inner = step(unwrap(option), key);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

export function hintOf(schema: unknown): Hint | undefined {
  return schema instanceof z.ZodType ? hints.get(schema) : undefined;
}

/** Keys that a section may have. */
export function keysOf(schema: unknown): string[] {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysOf(unwrap(option)));
  return [];
}

/** Completes "expected …" for any schema of the image file. */
export function expectedOf(schema: unknown): string {
  const hint = hintOf(schema);
  if (hint !== undefined) return hint.expected;
  if (schema instanceof z.ZodEnum) return schema.options.join(' or ');
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(String).join(' or ');
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodObject) return `keys and values (${Object.keys(schema.shape).join(', ')})`;
  if (schema instanceof z.ZodArray) return 'a list';
  if (schema instanceof z.ZodNumber) return 'a number';
  if (schema instanceof z.ZodString) return 'text';
  return 'another value';
}

/** Maps, lists: their values are named by kind only. */
export function isContainer(schema: unknown): boolean {
  return (
    schema instanceof z.ZodObject ||
    schema instanceof z.ZodArray ||
    schema instanceof z.ZodRecord ||
    (schema instanceof z.ZodUnion && schema.options.some((option) => isContainer(unwrap(option))))
  );
}
