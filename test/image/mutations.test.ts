import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, mutate, random } from './mutate.ts';
import { sampleText } from './support.ts';

const ROUNDS = 2000;

test(`${ROUNDS} mutations of the sample are read or refused with a place, none throws`, () => {
  const next = random(20);
  for (let round = 0; round < ROUNDS; round += 1) {
    const mutant = mutate(sampleText, next);
    const finding = judge(mutant, 2000);
    assert.equal(finding, undefined, `mutation ${round}: ${finding}\n${mutant}`);
  }
});

test('the judge of the mutations can fail', () => {
  assert.match(judge(sampleText, 0) ?? '', /^took /);
});
