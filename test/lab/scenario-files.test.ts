import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkScenario, readScenario, ScenarioState } from '../../lab/scenario.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'lab', 'scenarios');

test('every ready scenario is read, and says in its first line what goes wrong', async () => {
  const names = await readdir(FOLDER);
  assert.ok(names.length >= 20);
  for (const name of names) {
    const path = join(FOLDER, name);
    assert.ok(Object.keys(await readScenario(path)).length > 0, name);
    assert.match(await readFile(path, 'utf8'), /^# .+\.\n/, name);
  }
});

test('what is misspelt is refused with what there is', async () => {
  for (const value of [
    { setpu: {} },
    { setup: { stuck: 'x' } },
    { scripts: { 'a.ps1': { reboot: 1 } } },
    { faults: [{ kind: 'sope' }] },
    'text',
    null,
  ]) {
    assert.throws(() => checkScenario(value), { code: 'lab.scenario' }, JSON.stringify(value));
  }
  await assert.rejects(readScenario('{"setup":'), { code: 'lab.scenario' });
  await assert.rejects(readScenario('/no/such/file.yaml'), { code: 'lab.scenario' });
  assert.deepEqual(await readScenario('{"power":{"neverOff":true}}'), { power: { neverOff: true } });
});

test('a fault strikes as often as it says, and again after a change of scenario', () => {
  const state = new ScenarioState({});
  assert.deepEqual(
    [state.strikes('a', 2), state.strikes('a', 2), state.strikes('a', 2), state.strikes('b', undefined)],
    [true, true, false, false],
  );
  state.change({});
  assert.equal(state.strikes('a', 1), true);
});
