import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { lintDocument } from '../../scripts-dev/lint-document.ts';
import { exampleFile } from '../../unattend/lint/example.ts';
import { LINT_RULES, lintAnswerFile } from '../../unattend/lint.ts';
import { parseAnswerFile } from '../../unattend/parse.ts';
import { pythonTrees } from './oracle.ts';

for (const { code, severity, remedy, example } of LINT_RULES) {
  test(`${code}: the wrong form is found, the right one is clean`, () => {
    const right = exampleFile(example, example.good);
    const wrong = exampleFile(example, example.bad);
    assert.deepEqual(lintAnswerFile(parseAnswerFile(right), example.context), []);
    const [finding, ...others] = lintAnswerFile(parseAnswerFile(wrong), example.context);
    assert.deepEqual(others, [], 'the example shows one mistake');
    assert.equal(finding?.code, code);
    assert.equal(finding?.severity, severity);
    assert.equal(finding?.remedy, remedy);
    assert.match(finding?.message ?? '', /^\S.*: expected .*found/s);
    assert.ok(finding?.message.startsWith(`${finding.path}: `));
    const line = wrong.split('\n')[(finding?.place?.line ?? 0) - 1] ?? '';
    const element = (finding?.path ?? '').split('/').at(-1) ?? '';
    const tag = line.slice((finding?.place?.column ?? 0) - 1);
    assert.match(tag, /^<\w/, 'the place is that of a tag');
    assert.ok(tag.startsWith(`<${element}`) || tag.includes(`"${element}"`), `${element}: ${tag}`);
  });
}

test('every rule has a code of its own and its texts', () => {
  const codes = LINT_RULES.map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
  for (const { code, title, why, remedy } of LINT_RULES) {
    assert.match(code, /^unattend\.[a-z-]+$/);
    for (const text of [title, why, remedy]) assert.match(text, /^\S.{8,}[.…”]$/su, `${code}: ${text}`);
  }
});

test('all examples are XML to another parser', () => {
  const files = LINT_RULES.flatMap(({ example }) =>
    [example.good, example.bad].map((form) => exampleFile(example, form)),
  );
  assert.equal(pythonTrees(files).length, files.length);
});

test('docs/lint.md says what the rules say (npm run generate:lint)', async () => {
  assert.equal(await readFile(new URL('../../docs/lint.md', import.meta.url), 'utf8'), lintDocument());
});
