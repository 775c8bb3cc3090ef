import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { accepts } from '../image/json-schema-check.ts';

/** A Kubernetes object, read. */
export type KubeObject = Readonly<Record<string, unknown>> & { readonly kind: string };

/** The objects of a YAML stream, by the YAML library's own reading; each must fit the schema of its kind in `crd/`. */
export function checkedObjects(text: string): KubeObject[] {
  const documents = parseAllDocuments(text);
  assert.ok(Array.isArray(documents), 'no documents');
  return documents.map((document) => {
    assert.deepEqual(document.errors, []);
    const value: KubeObject = document.toJS();
    const schema: unknown = JSON.parse(
      readFileSync(join(import.meta.dirname, `crd/${value.kind.toLowerCase()}.json`), 'utf8'),
    );
    assert.ok(accepts(schema, value), `${value.kind} does not fit its schema:\n${JSON.stringify(value, null, 2)}`);
    return value;
  });
}
