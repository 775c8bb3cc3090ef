import { z } from 'zod';
import { nearest } from './nearest.ts';
import { alternatives, type Finding, type Path, quote, show, showKind } from './problem.ts';
import { expectedOf, hintOf, isContainer, keysOf, schemaAt } from './schema-walk.ts';

type Issue = z.core.$ZodIssue;

/** The issues of one parse with unions told by the branch that was meant, as `[issue, path from the root]`. */
export function flatten(issues: readonly Issue[], prefix: Path = []): [Issue, Path][] {
  return issues.flatMap((issue): [Issue, Path][] => {
    const path = [...prefix, ...issue.path.map((key) => (typeof key === 'number' ? key : String(key)))];
    if (issue.code !== 'invalid_union') return [[issue, path]];
    // A branch whose first complaint is not about the value's own type is the one that was meant.
    const meant = issue.errors.find((errors) => errors.every((error) => error.path.length > 0 || isKeyIssue(error)));
    return meant === undefined ? [[issue, path]] : flatten(meant, path);
  });
}

function isKeyIssue(issue: Issue): boolean {
  return issue.code === 'unrecognized_keys';
}

/** What an issue of the schema says about the file. */
export function findingsOf(root: z.ZodType, data: unknown, issue: Issue, path: Path): Finding[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(root, path, key));
  const schema = schemaAt(root, path);
  const value = valueAt(data, path);
  if (issue.code === 'invalid_key') return [badKey(root, path)];
  if (value === undefined) return [missing(schema, path)];
  const hint = hintOf(schema);
  if (hint?.secret || isSecretIssue(issue)) return [literalSecret(schema, path, value)];
  const hidden = hint?.hidden === true && typeof value === 'string';
  const found = hidden ? 'text that is none' : isContainer(schema) ? showKind(value) : show(value);
  return [
    {
      path,
      code: value === null ? 'image.empty' : codeOf(issue),
      expected: expectedOf(schema),
      found,
      remedy:
        value === null
          ? 'write a value or remove the key'
          : (remedyFor(schema, value) ?? `write ${expectedOf(schema)}`),
    },
  ];
}

function codeOf(issue: Issue): string {
  return issue.code === 'invalid_type' ? 'image.type' : 'image.value';
}

function remedyFor(schema: unknown, value: unknown): string | undefined {
  const remedy = hintOf(schema)?.remedy;
  if (remedy !== undefined) return remedy;
  if (schema instanceof z.ZodEnum && typeof value === 'string') {
    const near = nearest(value, schema.options.map(String));
    return `write ${near ?? alternatives(schema.options.map(String))}`;
  }
  if (schema instanceof z.ZodString && typeof value === 'number') return 'put the value in quotes';
  if (schema instanceof z.ZodNumber && typeof value === 'string' && /^\d+$/.test(value)) return 'remove the quotes';
  if (schema instanceof z.ZodBoolean || schema instanceof z.ZodLiteral) return `write ${expectedOf(schema)}`;
  if (schema instanceof z.ZodArray) return 'write a list: one line a value, each beginning with a hyphen';
  if (schema instanceof z.ZodObject) return 'write one line a key, indented';
  return undefined;
}

function unknownKey(root: z.ZodType, path: Path, key: string): Finding {
  const known = keysOf(schemaAt(root, path));
  const near = nearest(key, known);
  return {
    path: [...path, key],
    atKey: true,
    code: 'image.unknown-key',
    expected: known.length === 0 ? 'no further key' : `one of the keys ${alternatives(known)}`,
    found: quote(key, 60),
    remedy: near === undefined ? 'remove it' : `write ${near}`,
  };
}

function badKey(root: z.ZodType, path: Path): Finding {
  const parent = schemaAt(root, path.slice(0, -1));
  const keys = parent instanceof z.ZodRecord ? parent.keyType : undefined;
  return {
    path,
    atKey: true,
    code: 'image.key',
    expected: expectedOf(keys),
    found: quote(String(path.at(-1)), 60),
    remedy: 'rename it',
  };
}

function missing(schema: unknown, path: Path): Finding {
  const section =
    schema instanceof z.ZodObject ? `the section ${String(path.at(-1))} (${keysOf(schema).join(', ')})` : undefined;
  return {
    path,
    code: 'image.required',
    expected: section ?? expectedOf(schema),
    found: 'nothing',
    remedy: `add ${String(path.at(-1) ?? 'it')}`,
  };
}

function isSecretIssue(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.secret === true;
}

function literalSecret(schema: unknown, path: Path, value: unknown): Finding {
  const hint = hintOf(schema);
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return {
    path,
    code: value === null ? 'image.empty' : 'secret.literal',
    expected: hint?.expected ?? 'a reference to a secret (env:NAME, file:PATH or exec:COMMAND)',
    found: text ? 'a value in clear (not shown here)' : show(value),
    remedy: hint?.remedy ?? 'keep the secret out of the file: put it into an environment variable and refer to it',
  };
}

/** The value at a path of plain data. */
export function valueAt(data: unknown, path: Path): unknown {
  let value: unknown = data;
  for (const key of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}
