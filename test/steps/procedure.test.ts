import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadText } from '../../image/index.ts';
import { graphOf } from '../../steps/index.ts';
import { SAMPLE, sampleText } from '../image/support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/procedure.md'), 'utf8');

/** The cells of a table's column, by its heading; without heads and rules. */
function column(heading: string): string[] {
  const cells: string[] = [];
  let at = -1;
  for (const line of page.split('\n')) {
    const row = line.startsWith('|') ? line.slice(2, -2).split(/ ?\| ?/) : [];
    if (row.length === 0) at = -1;
    else if (at === -1) at = row.indexOf(heading);
    else if (!/^-+$/.test(row[at] ?? '')) cells.push(row[at] ?? '');
  }
  return cells;
}

const codes = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

test('docs/procedure.md mentions every built-in step, and no other', () => {
  const { image, problems } = loadText(SAMPLE, sampleText);
  assert.ok(image !== undefined, JSON.stringify(problems));
  const builtIn = graphOf({ ...image, steps: [] }).map(({ id }) => id);
  const mentioned = new Set(column('Step').flatMap(codes));
  assert.deepEqual([...mentioned].sort(), builtIn.sort());
});

test('every file that docs/procedure.md names is there, and has what is to be looked for in it', () => {
  const references = [...page.matchAll(/`((?:[a-z]+\/)+[\w.-]+\.(?:ts|ps1))`((?:(?:: |, )`[^`/]+`)*)/g)];
  assert.ok(references.length > 50, `${references.length} references`);
  const wrong = references.flatMap(([, file = '', names = '']) => {
    if (!existsSync(join(root, file))) return [file];
    const text = readFileSync(join(root, file), 'utf8');
    const missing = codes(names).filter((name) => !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text));
    return missing.map((name) => `${file}: ${name}`);
  });
  assert.deepEqual(wrong, []);
});

test('every sentence has its step, or says that it has none; links lead to pages that are there', () => {
  for (const [index, step] of column('Step').entries()) {
    const where = column('Where')[index] ?? '';
    assert.ok(codes(step).length > 0 || where === '' || where.startsWith('`guest/'), `row ${index + 1}`);
  }
  for (const [, link = ''] of page.matchAll(/\]\((?!https:|#)([^)#]+)/g))
    assert.ok(existsSync(join(root, 'docs', link)), `${link} is not there`);
  assert.match(readFileSync(join(root, 'README.md'), 'utf8'), /\(docs\/procedure\.md\)/);
});
