import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { formatProblem, loadText } from '../../image/index.ts';
import { COMPONENT_PASSES } from '../../unattend/component-passes.ts';
import { PASSES } from '../../unattend/model.ts';
import { SAMPLE, sampleText } from './support.ts';

const junk = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom('secret', 'a b', '<x>', '__proto__', 'constructor', 'toString'),
);
const settings = ['Password', 'Value', 'ProductKey', 'AccountData', 'wcm:keyValue', 'OOBE', 'ComputerName', 'TimeZone'];
const components = [...Object.keys(COMPONENT_PASSES).slice(0, 6), 'Microsoft-Windows-Shell-Setup', 'Contoso-Agent'];

/** Mostly one of the names, now and then anything. */
function names(known: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: junk });
}

/** A map with names of a kind, now and then something else. */
function level(known: readonly string[], below: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const map = fc.dictionary(names(known), below, { maxKeys: 2, noNullPrototype: true });
  return fc.oneof({ weight: 20, arbitrary: map }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
}

const scalar = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.constant({ secret: 'env:X' }));
const item = level(settings, scalar);
const value = fc.oneof(scalar, item, fc.array(fc.oneof(scalar, item), { maxLength: 2 }));
const tree = level(PASSES, level(components, level(settings, value)));

test('whatever stands in windows.unattend is taken, or refused at places inside it', () => {
  const sample = parse(sampleText);
  let taken = 0;
  let refused = 0;
  const check = (install: unknown) => {
    const text = JSON.stringify({ ...sample, windows: { ...sample.windows, unattend: { install } } });
    const { image, problems } = loadText(SAMPLE, text);
    const errors = problems.filter(({ severity }) => severity === 'error');
    for (const problem of problems) assert.match(problem.path, /^windows\.unattend\.install/, formatProblem(problem));
    assert.equal(image === undefined, errors.length > 0);
    if (image === undefined) refused += 1;
    else taken += 1;
  };
  fc.assert(fc.property(tree, check), { numRuns: 1000, seed: 7 });
  assert.ok(taken > 200 && refused > 200, `${taken} taken, ${refused} refused`);
});
