import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem, loadText } from '../../image/index.ts';
import { MISTAKES } from './mistakes.ts';
import { edit, SAMPLE } from './support.ts';

test('there are at least 60 mistakes in the table, all different', () => {
  assert.ok(MISTAKES.length >= 60, String(MISTAKES.length));
  assert.equal(new Set(MISTAKES.map(([from, to]) => `${from}\n${to}`)).size, MISTAKES.length);
});

for (const [from, to, path, code, ...others] of MISTAKES) {
  test(`${code} at ${path || 'its place'}: ${JSON.stringify(to.slice(0, 60))}`, () => {
    const { text, line, column } = edit(from, to);
    const { image, problems } = loadText(SAMPLE, text);
    assert.equal(image, undefined);
    const lines = problems.map(formatProblem).join('\n');
    const [first] = problems.filter((problem) => problem.code === code);
    assert.deepEqual([first?.line, first?.column, first?.path], [line, column, path], lines);
    const all = [[path, code], ...others].toSorted();
    assert.deepEqual(problems.map((problem) => [problem.path, problem.code]).toSorted(), all, lines);
    for (const problem of problems) {
      const told = formatProblem(problem);
      assert.equal(problem.severity, 'error');
      assert.ok(told.startsWith(`${SAMPLE}:${problem.line}:${problem.column}`), told);
      assert.match(told, /: expected .+, found .+; .+/);
      assert.doesNotMatch(told, /\n|^\s+at |Error|undefined|\[object|hunter2|PRIVATE/);
    }
  });
}
