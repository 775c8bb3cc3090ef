import { z } from 'zod';
import { imageSchema } from './schema/image.ts';
import { SOURCE_KINDS, sourceSchema } from './schema/source.ts';
import { stepSchema } from './schema/steps.ts';
import { hintOf } from './schema-walk.ts';

/** A JSON Schema, draft 7: what editors know. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

const VARIABLE = '#/definitions/variable';
/** Text in which any value may stand is free of variables in the schema: it accepts them as it is. */
const CONSTRAINTS = ['enum', 'const', 'pattern', 'maxLength', 'minLength', 'minimum', 'maximum'] as const;

/**
 * The JSON Schema of the image file as a person writes it (`ingot schema`): descriptions, defaults, the patterns of sizes
 * and durations. Every value that is not free text may also be text with a variable.
 */
export function imageJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(imageSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ zodSchema, jsonSchema }) => {
      if (hintOf(zodSchema)?.numeric) acceptNumbers(jsonSchema);
      if (zodSchema === sourceSchema) jsonSchema.oneOf = oneOfKeys(...SOURCE_KINDS);
      if (zodSchema === stepSchema) jsonSchema.oneOf = oneOfKeys('powershell', 'script', 'upload', 'restart');
      if (jsonSchema.type === 'integer') dropSafeBounds(jsonSchema);
    },
  });
  const properties = Object.entries(schema.properties ?? {}).map(([key, value]) =>
    key === 'apiVersion' || key === 'variables' ? [key, value] : [key, withVariables(value)],
  );
  return {
    ...schema,
    title: 'ingot image file',
    oneOf: [
      { required: ['media'], properties: { media: { description: 'With its iso.', required: ['iso'] } } },
      { required: ['source'] },
    ],
    properties: Object.fromEntries(properties),
    definitions: {
      ...(isSchema(schema.definitions) ? schema.definitions : {}),
      variable: { type: 'string', pattern: '\\$\\{var\\.[A-Za-z_][A-Za-z0-9_]*\\}' },
    },
  };
}

function oneOfKeys(...keys: string[]): JsonSchema[] {
  return keys.map((key) => ({ required: [key] }));
}

/** YAML reads an unquoted 2022 or 20.10 as a number. */
function acceptNumbers(schema: JsonSchema): void {
  const numbers = schema.enum?.flatMap((value) => (/^\d+$/.test(String(value)) ? [Number(value)] : []));
  if (schema.enum !== undefined && numbers !== undefined) schema.enum = [...schema.enum, ...numbers];
  delete schema.type;
  if (schema.enum === undefined) Object.assign(schema, { type: ['string', 'number'] });
}

/** zod writes the bounds of a safe integer where there is no other: noise for a reader. */
function dropSafeBounds(schema: JsonSchema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

function withVariables(schema: unknown): unknown {
  if (!isSchema(schema)) return schema;
  if (schema.type === 'object' || schema.properties !== undefined) {
    const properties = Object.entries(schema.properties ?? {}).map(([key, value]) => [key, withVariables(value)]);
    return schema.properties === undefined ? schema : { ...schema, properties: Object.fromEntries(properties) };
  }
  if (schema.type === 'array') return { ...schema, items: withVariables(schema.items) };
  if (schema.anyOf !== undefined) {
    return { ...schema, anyOf: [...schema.anyOf.map(withVariables), { $ref: VARIABLE }] };
  }
  const free = schema.type === 'string' && CONSTRAINTS.every((key) => schema[key] === undefined);
  if (free || schema.$ref !== undefined) return schema;
  const { description, default: preset, ...constraint } = schema;
  const anyOf = [constraint, { $ref: VARIABLE }];
  return preset === undefined ? { description, anyOf } : { description, default: preset, anyOf };
}

function isSchema(value: unknown): value is JsonSchema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
