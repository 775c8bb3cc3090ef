import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sysprepCauses } from '../../steps/support/sysprep-cause-table.ts';
import { root } from '../cli/ingot.ts';

const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');
const failures = page('windows-failures.md');
const sysprep = page('sysprep.md');

const codes = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
/** The cells of each row whose first one is an id such as U1, or S1 with words behind it. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\| ([A-Z]\d+ ?.*) \|$/gm)].map(([, cells = '']) => cells.split(' | '));
const ids = (text: string, letter: string): string[] =>
  rows(text)
    .map(([first = '']) => /^[A-Z]\d+/.exec(first)?.[0] ?? '')
    .filter((id) => id.startsWith(letter));
const upTo = (letter: string, count: number) => Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);

/** `FILE`: `NAME`, `NAME` whose file is not there, or does not have the name. */
function missing(text: string): string[] {
  const references = [...text.matchAll(/`((?:[a-z-]+\/)+[\w.-]+\.(?:ts|ps1))`((?:(?:: |, )`[^`/]+`)*)/g)];
  assert.ok(references.length > 15, `${references.length} references`);
  return references.flatMap(([, file = '', names = '']) => {
    if (!existsSync(join(root, file))) return [file];
    const source = readFileSync(join(root, file), 'utf8');
    // Behind a comma may stand a scenario, too; those are looked for below.
    const wanted = names.startsWith(':') ? codes(names) : [];
    return wanted
      .filter(
        (name) => !new RegExp(`(?<![\\w-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![A-Za-z0-9-])`).test(source),
      )
      .map((name) => `${file}: ${name}`);
  });
}

test('every known failure has its row', () => {
  assert.deepEqual(ids(failures, 'U'), upTo('U', 24));
  assert.deepEqual(ids(failures, 'P'), upTo('P', 14));
  assert.deepEqual(ids(failures, 'B'), upTo('B', 17));
  assert.deepEqual(ids(failures, 'G'), upTo('G', 22));
  assert.deepEqual(ids(sysprep, 'S'), upTo('S', 22));
});

test('every file that is named is there, and has what is to be looked for in it', () => {
  assert.deepEqual(missing(failures), []);
  assert.deepEqual(missing(sysprep), []);
});

test('every cause that docs/sysprep.md names is in the table of causes', () => {
  const known = new Set(sysprepCauses.map(({ id }) => id));
  const named = [...sysprep.matchAll(/cause `([a-z-]+)`/g)].map(([, id = '']) => id);
  assert.ok(named.length > 10);
  assert.deepEqual(
    named.filter((id) => !known.has(id)),
    [],
  );
});

test('every scenario that is named is one of the lab', () => {
  const known = new Set(readdirSync(join(root, 'lab/scenarios')).map((name) => name.replace(/\.yaml$/, '')));
  const lines = failures.split('\n').filter((line) => line.startsWith('| '));
  const cells = [...lines.map((line) => line.split(' | ')), ...rows(sysprep)];
  const named = cells.flatMap((row) => codes(row.at(-1) ?? '')).filter((code) => !code.includes('/'));
  assert.ok(named.length > 60, `${named.length} scenarios`);
  assert.deepEqual(
    named.filter((name) => !known.has(name)),
    [],
  );
});

test('a row says where it is met, or on which page it is explained; what is tested names its test', () => {
  for (const [id = '', , , tested = ''] of rows(sysprep)) assert.ok(codes(tested).length > 0, id);
  for (const [id = '', , what = '', where = '', tested = ''] of rows(failures)) {
    assert.ok(codes(where).length > 0 || /\]\([a-z-]+\.md#/.test(what), id);
    assert.ok(codes(tested).length > 0 || /^(U11|U23|P14)$/.test(id), id);
  }
});

test('links lead to pages and headings that are there', () => {
  const anchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
  for (const [, file = '', place] of failures.matchAll(/\]\(([a-z-]+\.md)(?:#([a-z-]+))?\)/g)) {
    const headings = [...page(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));
    if (place !== undefined) assert.ok(headings.includes(place), `${file}#${place}`);
  }
  assert.match(readFileSync(join(root, 'README.md'), 'utf8'), /\(docs\/windows-failures\.md\)/);
});
