// The tables of docs/image-file.md, made from the schema of the image file.
import { z } from 'zod';
import { imageSchema } from '../image/schema/image.ts';
import { expectedOf, unwrap } from '../image/schema-walk.ts';

const BEGIN = '<!-- generated from the schema by `npm run generate:schema`: begin -->';
const END = '<!-- generated: end -->';

/** The document with its generated part made anew. */
export function withReference(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/image-file.md lacks the lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${imageReference()}\n${document.slice(end)}`;
}

/** One table for the root and one for each section. */
function imageReference(): string {
  const sections = Object.entries(imageSchema.shape).filter(([, schema]) => fieldsOf(schema).length > 0);
  const scalars = Object.entries(imageSchema.shape).filter(([, schema]) => fieldsOf(schema).length === 0);
  const root = table(scalars.map(([key, schema]) => row(key, schema)));
  const parts = sections.map(([key, schema]) => {
    const need = isRequired(schema) ? ' Required.' : '';
    return `### ${key}\n\n${description(schema)}${need}\n\n${table(fieldsOf(schema))}`;
  });
  return [`### At the root\n\n${root}`, ...parts].join('\n');
}

function table(rows: readonly string[]): string {
  return ['| Field | Value | Default | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

/** Rows of all fields below a schema: lists as `nics[].network`, records as `variables.NAME.default`. */
function fieldsOf(schema: unknown, prefix = ''): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    return Object.entries(inner.shape).flatMap(([key, field]) => {
      const name = `${prefix}${key}`;
      const below = fieldsOf(field, `${name}${unwrap(field) instanceof z.ZodArray ? '[]' : ''}.`);
      return [row(name, field), ...below];
    });
  }
  if (inner instanceof z.ZodArray) return fieldsOf(inner.element, prefix === '' ? '[].' : prefix);
  if (inner instanceof z.ZodRecord) return fieldsOf(inner.valueType, `${prefix}NAME.`);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => fieldsOf(option, prefix));
  return [];
}

function row(name: string, schema: unknown): string {
  const preset = defaultOf(schema);
  const shown = preset === undefined ? (isRequired(schema) ? '**required**' : '') : `\`${JSON.stringify(preset)}\``;
  const cells = [`\`${name}\``, expectedOf(unwrap(schema)), shown, description(schema)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function description(schema: unknown): string {
  if (!(schema instanceof z.ZodType)) return '';
  return schema.description ?? (schema instanceof z.ZodOptional ? description(schema.unwrap()) : '');
}

function isRequired(schema: unknown): boolean {
  return schema instanceof z.ZodType && !schema.safeParse(undefined).success;
}

function defaultOf(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return schema.def.defaultValue;
  return schema instanceof z.ZodOptional || schema instanceof z.ZodPipe
    ? defaultOf(schema instanceof z.ZodPipe ? schema.in : schema.unwrap())
    : undefined;
}
