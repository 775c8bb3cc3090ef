/** Checks a value against a JSON Schema, draft 7, as far as the image file's uses it; written without the product's own checks. */
export function accepts(schema: unknown, value: unknown, root: unknown = schema): boolean {
  if (schema === true) return true;
  if (!isRecord(schema)) return false;
  const known = Object.entries(schema).every(([keyword, wanted]) => {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`the schema uses ${keyword}, which this check does not know`);
    return check(wanted, value, schema, root);
  });
  return known;
}

type Check = (wanted: unknown, value: unknown, schema: Record<string, unknown>, root: unknown) => boolean;

const always: Check = () => true;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const text = (check: (value: string, wanted: unknown) => boolean): Check => {
  return (wanted, value) => typeof value !== 'string' || check(value, wanted);
};
const number = (check: (value: number, wanted: number) => boolean): Check => {
  return (wanted, value) => typeof value !== 'number' || check(value, Number(wanted));
};

const KEYWORDS: Readonly<Record<string, Check>> = {
  $schema: always,
  title: always,
  description: always,
  default: always,
  definitions: always,
  $ref: (wanted, value, _, root) => accepts(lookUp(root, String(wanted)), value, root),
  type: (wanted, value) => [wanted].flat().some((type) => hasType(type, value)),
  enum: (wanted, value) => list(wanted).some((item) => same(item, value)),
  const: same,
  pattern: text((value, wanted) => new RegExp(String(wanted), 'u').test(value)),
  minLength: text((value, wanted) => value.length >= Number(wanted)),
  maxLength: text((value, wanted) => value.length <= Number(wanted)),
  minimum: number((value, wanted) => value >= wanted),
  maximum: number((value, wanted) => value <= wanted),
  minItems: (wanted, value) => !Array.isArray(value) || value.length >= Number(wanted),
  maxItems: (wanted, value) => !Array.isArray(value) || value.length <= Number(wanted),
  items: (wanted, value, _, root) => list(value).every((item) => accepts(wanted, item, root)),
  anyOf: (wanted, value, _, root) => list(wanted).some((option) => accepts(option, value, root)),
  oneOf: (wanted, value, _, root) => list(wanted).filter((option) => accepts(option, value, root)).length === 1,
  required: (wanted, value) => !isRecord(value) || list(wanted).every((key) => Object.hasOwn(value, String(key))),
  properties: (wanted, value, _, root) =>
    !isRecord(value) ||
    !isRecord(wanted) ||
    Object.entries(wanted).every(([key, schema]) => !Object.hasOwn(value, key) || accepts(schema, value[key], root)),
  propertyNames: (wanted, value, _, root) =>
    !isRecord(value) || Object.keys(value).every((key) => accepts(wanted, key, root)),
  additionalProperties: (wanted, value, schema, root) => {
    const named = isRecord(schema.properties) ? schema.properties : {};
    if (!isRecord(value)) return true;
    return Object.keys(value).every((key) => Object.hasOwn(named, key) || accepts(wanted, value[key], root));
  },
};

function hasType(type: unknown, value: unknown): boolean {
  if (type === 'object') return isRecord(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function lookUp(root: unknown, reference: string): unknown {
  let schema: unknown = root;
  for (const key of reference.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    schema = isRecord(schema) ? schema[key] : undefined;
  }
  return schema;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
