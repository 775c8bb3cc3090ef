import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../cli/ingot.ts';
import { parseScripts } from './powershell.ts';

const scripts = await parseScripts();
const page = await readFile(join(root, 'docs/powershell.md'), 'utf8');

/** `-Code 'x.y'` of a failure, `code = 'x.y'` of an obstacle. */
const given = new Set(
  scripts.flatMap(({ text }) =>
    [...text.matchAll(/(?:-Code |\bcode = )'([a-z]+\.[a-z-]+)'/g)].map(([, code = '']) => code),
  ),
);
const table = page.slice(page.indexOf('## Codes that scripts give'), page.indexOf('## How it is checked'));
const told = [...table.matchAll(/^\| (`.*`) \|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([a-z]+\.[a-z-]+)`/g)].map(([, code = '']) => code),
);

test('docs/powershell.md tells every code that the scripts give, once, and no other', () => {
  assert.ok(given.size > 40);
  assert.deepEqual(told.toSorted(), [...given].toSorted());
});
