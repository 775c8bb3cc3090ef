import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { z } from 'zod';
import { IngotError } from '../../common/failure.ts';
import { Graph } from '../../pipeline/graph.ts';
import { plan } from '../../pipeline/plan.ts';
import { memoryStore } from '../../pipeline/records.ts';
import { bake, cake, defineStep, heat, weigh } from './kitchen.ts';

const nothing = z.object({});
const steps = [weigh, heat, cake];
const planned = (recipe: { flour: number }, store = memoryStore()) =>
  plan(steps, recipe, { log: [] }, { store, digestOf: async () => 'd', signal: new AbortController().signal });

suite('plan and graph', { concurrency: true }, () => {
  test('says of each step whether it runs, and why', async () => {
    const store = memoryStore();
    assert.deepEqual(
      (await planned({ flour: 1 }, store)).map(({ state, why }) => [state, why]),
      Array(3).fill(['run', 'not built yet']),
    );
    await bake(steps, { flour: 1 }, { store, digestOf: async () => 'd' });
    assert.deepEqual(
      (await planned({ flour: 1 }, store)).map(({ state }) => state),
      ['cached', 'cached', 'cached'],
    );
    const changed = await planned({ flour: 2 }, store);
    assert.deepEqual(
      changed.map(({ state }) => state),
      ['run', 'cached', 'run'],
    );
    assert.equal(changed[0]?.why, 'its inputs changed');
    assert.equal(changed[2]?.why, 'weigh changed');
  });

  test('fingerprints are equal for equal inputs, and differ for each input alone', async () => {
    const prints = async (recipe: { flour: number; oven?: number }) =>
      (await planned(recipe)).map((entry) => entry.fingerprint);
    const base = await prints({ flour: 1 });
    assert.deepEqual(await prints({ flour: 1 }), base);
    const [weighed, heated, baked] = await prints({ flour: 1, oven: 200 });
    assert.equal(weighed, base[0]);
    assert.notEqual(heated, base[1]);
    assert.notEqual(baked, base[2]);
    assert.match(base[0] ?? '', /^[0-9a-f]{64}$/);
  });

  test('a cycle is printed, a step named twice and a need outside the graph are errors', () => {
    const a = defineStep({ id: 'a', title: 'a', output: nothing, timeout: 1, run: async () => ({}) });
    const b = defineStep({ id: 'b', title: 'b', after: [a], output: nothing, timeout: 1, run: async () => ({}) });
    const looped = { ...a, after: [b] };
    const loop = { ...b, after: [looped] };
    Object.assign(looped, { after: [loop] });
    assert.throws(
      () => new Graph([looped, loop]),
      (e) => e instanceof IngotError && e.code === 'graph.cycle' && /a -> b -> a|b -> a -> b/.test(e.message),
    );
    assert.throws(
      () => new Graph([a, a]),
      (e) => e instanceof IngotError && e.code === 'graph.duplicate',
    );
    assert.throws(
      () => new Graph([b]),
      (e) => e instanceof IngotError && e.code === 'graph.missing',
    );
  });

  test('a step left out passes on what it waits for', async () => {
    const middle = defineStep({
      id: 'middle',
      title: 'm',
      after: [weigh],
      applies: () => 'no',
      output: nothing,
      timeout: 1,
      run: async () => ({}),
    });
    const last = defineStep({
      id: 'last',
      title: 'l',
      after: [middle],
      output: nothing,
      timeout: 1,
      run: async () => ({}),
    });
    const chain = [weigh, middle, last];
    const store = memoryStore();
    await bake(chain, { flour: 1 }, { store });
    assert.deepEqual(
      (await bake(chain, { flour: 1 }, { store })).of('step-cached').map((event) => event.step),
      ['weigh', 'last'],
    );
    assert.deepEqual(
      (await bake(chain, { flour: 2 }, { store })).of('step-finished').map((event) => event.step),
      ['weigh', 'last'],
    );
  });

  test('draws the graph as Mermaid', () => {
    const text = new Graph(steps).mermaid({ flour: 1 });
    assert.match(text, /^flowchart LR\n/);
    assert.match(text, /cake\["Bake"\]/);
    assert.match(text, /weigh --> cake/);
  });
});
