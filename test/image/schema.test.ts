import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { imageJsonSchema } from '../../image/json-schema.ts';
import { withReference } from '../../scripts-dev/image-reference.ts';
import { accepts } from './json-schema-check.ts';
import { MISTAKES } from './mistakes.ts';
import { edit, ROOT } from './support.ts';

const schema: unknown = JSON.parse(JSON.stringify(imageJsonSchema()));
const samples = readdirSync(`${ROOT}images`).filter((name) => name.endsWith('.yaml'));

test('images/ingot.schema.json is what the schema gives (npm run generate:schema)', () => {
  assert.deepEqual(JSON.parse(readFileSync(`${ROOT}images/ingot.schema.json`, 'utf8')), schema);
});

test('docs/image-file.md is what the schema gives (npm run generate:schema)', () => {
  const document = readFileSync(`${ROOT}docs/image-file.md`, 'utf8');
  assert.equal(withReference(document), document);
});

for (const name of samples) {
  test(`the JSON Schema accepts ${name}, whose first line names it`, () => {
    const sample = readFileSync(`${ROOT}images/${name}`, 'utf8');
    assert.match(sample, /^# yaml-language-server: \$schema=\.\/ingot\.schema\.json\n/);
    assert.ok(accepts(schema, parse(sample)));
  });
}

test('every field of the JSON Schema has a description', () => {
  const missing: string[] = [];
  const visit = (node: unknown, path: string) => {
    if (node === null || typeof node !== 'object') return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') {
        for (const [name, field] of Object.entries(value)) {
          if (!(field !== null && typeof field === 'object' && 'description' in field)) missing.push(`${path}.${name}`);
          visit(field, `${path}.${name}`);
        }
      } else if (key !== 'default') visit(value, path);
    }
  };
  visit(schema, '');
  assert.deepEqual(missing, []);
});

test('an editor sees the mistakes of keys, types and values that ingot sees', () => {
  const visible = MISTAKES.filter(([, , , code]) => /^image\.(required|type|value|empty|unknown-key)$/.test(code));
  assert.ok(visible.length > 40);
  // What JSON Schema cannot say: bounds of a duration, and of a prefix length; that a key is here or with an agent.
  const unseen = ['30d', '0s', '/33'];
  for (const [from, to, path] of visible) {
    if (path === 'openssh.privateKey' && !to.includes('privateKey')) continue;
    if (unseen.some((value) => to.includes(value))) continue;
    assert.ok(!accepts(schema, parse(edit(from, to).text)), to);
  }
});

test('every code of a problem is documented', () => {
  const document = readFileSync(`${ROOT}docs/image-file.md`, 'utf8');
  for (const [, , , code] of MISTAKES) {
    assert.ok(document.includes(`\`${code}\``) || code.startsWith('image.yaml.'), code);
  }
});
