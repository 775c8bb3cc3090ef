import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Failure, IngotError } from '../../common/failure.ts';
import { Redactor } from '../../common/redactor.ts';
import { memoryStore } from '../../pipeline/records.ts';
import type { RunOptions } from '../../pipeline/run.ts';
import { bake, cake, defineStep, heard, heat, weigh } from './kitchen.ts';

const nothing = z.object({});

suite('engine', { concurrency: true }, () => {
  test('hands typed outputs to the steps that need them and tells what each proved', async () => {
    const { result, of } = await bake([weigh, heat, cake], { flour: 500 });
    assert.equal(result.status, 'done');
    assert.deepEqual(result.outputs.get('cake'), { text: '500 g at 180' });
    assert.deepEqual(
      of('step-finished')
        .map((event) => event.step)
        .sort(),
      ['cake', 'heat', 'weigh'],
    );
    assert.deepEqual(of('step-finished').find((event) => event.step === 'weigh')?.proof, ['500 g on the scales']);
  });

  test('a listener that throws is on its own', async () => {
    const broken = () => {
      throw new Error('disk full');
    };
    const { listener, of } = heard();
    const { result } = await bake([weigh], { flour: 500 }, { listeners: [broken, listener] });
    assert.equal(result.status, 'done');
    assert.equal(of('step-finished').length, 1);
  });

  test('a record holds no secret that a step gives out; the steps behind it get the output whole', async () => {
    const redactor = new Redactor();
    redactor.add('hunter2-hunter2');
    const store = memoryStore();
    const told = defineStep({
      id: 'told',
      title: 'tells',
      output: z.object({ text: z.string() }),
      timeout: 1000,
      run: async () => ({ text: 'it is hunter2-hunter2' }),
    });
    const { result } = await bake([told], { flour: 1 }, { store, redactor });
    assert.deepEqual(result.outputs.get('told'), { text: 'it is hunter2-hunter2' });
    assert.deepEqual(store.all.get('told')?.output, { text: 'it is ***' });
  });

  test('independent steps overlap, dependent ones wait', async () => {
    let running = 0;
    let most = 0;
    const busy = async () => {
      most = Math.max(most, ++running);
      await pause(20);
      running--;
      return {};
    };
    const one = defineStep({ id: 'one', title: '1', output: nothing, timeout: 1000, run: busy });
    const two = defineStep({ id: 'two', title: '2', output: nothing, timeout: 1000, run: busy });
    const last = defineStep({
      id: 'last',
      title: '3',
      after: [one, two],
      output: nothing,
      timeout: 1000,
      run: async () => {
        assert.equal(running, 0);
        return {};
      },
    });
    const { result } = await bake([last, one, two], { flour: 1 });
    assert.equal(result.status, 'done');
    assert.equal(most, 2);
  });

  test('takes a finished step from its record, and only while its fingerprint holds', async () => {
    const store = memoryStore();
    await bake([weigh, heat, cake], { flour: 500 }, { store });
    const again = await bake([weigh, heat, cake], { flour: 500 }, { store });
    assert.deepEqual(
      again
        .of('step-cached')
        .map((event) => event.step)
        .sort(),
      ['cake', 'heat', 'weigh'],
    );
    assert.deepEqual(again.result.outputs.get('cake'), { text: '500 g at 180' });
    const changed = await bake([weigh, heat, cake], { flour: 600 }, { store });
    assert.deepEqual(
      changed.of('step-cached').map((event) => event.step),
      ['heat'],
    );
    assert.deepEqual(changed.result.outputs.get('cake'), { text: '600 g at 180' });
  });

  test('a changed file of a step makes it run again', async () => {
    const store = memoryStore();
    await bake([weigh, heat, cake], { flour: 500 }, { store });
    const { of } = await bake([weigh, heat, cake], { flour: 500 }, { store, digestOf: async () => 'another digest' });
    assert.deepEqual(
      of('step-finished').map((event) => event.step),
      ['cake'],
    );
  });

  test('a lost record makes the step and all behind it run again', async () => {
    const store = memoryStore();
    await bake([weigh, heat, cake], { flour: 500 }, { store });
    store.all.delete('weigh');
    const { of } = await bake([weigh, heat, cake], { flour: 500 }, { store });
    assert.deepEqual(
      of('step-finished').map((event) => event.step),
      ['weigh', 'cake'],
    );
  });

  test('the first failure stops the others and is told with what to do', async () => {
    let stopped = false;
    const slow = defineStep({
      id: 'slow',
      title: 'slow',
      output: nothing,
      timeout: 60_000,
      run: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            stopped = true;
            reject(signal.reason);
          });
        }),
    });
    const burnt = defineStep({
      id: 'burnt',
      title: 'burnt',
      output: nothing,
      timeout: 1000,
      run: async () => {
        throw new IngotError('oven.burnt', 'expected a cake, found coal', { remedy: 'less heat', evidence: ['smoke'] });
      },
    });
    const behind = defineStep({
      id: 'behind',
      title: 'behind',
      after: [burnt],
      output: nothing,
      timeout: 1000,
      run: async () => assert.fail('must not start'),
    });
    const { result, of } = await bake([slow, burnt, behind], { flour: 1 });
    assert.equal(result.status, 'failed');
    assert.ok(stopped);
    const [failed] = of('step-failed');
    assert.equal(failed?.failure.code, 'oven.burnt');
    assert.deepEqual(failed?.failure.evidence, ['smoke']);
    assert.deepEqual(
      of('step-cancelled').map((event) => event.step),
      ['slow'],
    );
    assert.equal(of('build-finished')[0]?.failure?.remedy, 'less heat');
  });

  test('runs a step again only when the step and the failure both say so', async () => {
    let tries = 0;
    const flaky = (retryable: boolean) =>
      defineStep({
        id: 'flaky',
        title: 'flaky',
        output: nothing,
        retryable,
        timeout: 1000,
        run: async () => {
          if (++tries < 3) throw new IngotError('gas.out', 'no gas', { retryable: true });
          return {};
        },
      });
    const first = await bake([flaky(true)], { flour: 1 });
    assert.equal(first.result.status, 'done');
    assert.deepEqual(
      first.of('step-retry').map((event) => event.attempt),
      [1, 2],
    );
    tries = 0;
    const second = await bake([flaky(false)], { flour: 1 });
    assert.equal(second.result.status, 'failed');
    assert.equal(tries, 1);
    tries = -10;
    const third = await bake([flaky(true)], { flour: 1 });
    assert.equal(third.result.status, 'failed', 'the number of tries is bounded');
  });

  test('a step that is not over in time fails with its last words', async () => {
    const stuck = defineStep({
      id: 'stuck',
      title: 'stuck',
      output: nothing,
      timeout: 30,
      run: ({ progress, signal }) => {
        progress('rising');
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    const { result } = await bake([stuck], { flour: 1 });
    assert.equal(result.failure?.code, 'step.timeout');
    assert.equal(result.failure?.timedOut, true);
    assert.match(result.failure?.message ?? '', /rising/);
  });

  test('an interrupt cancels what runs, starts nothing more and says what is left', async () => {
    const interrupt = new AbortController();
    const running = defineStep({
      id: 'running',
      title: 'running',
      output: nothing,
      timeout: 60_000,
      run: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          interrupt.abort();
        }),
    });
    const { result, of } = await bake(
      [running, cake, weigh, heat].filter((step) => step !== cake),
      { flour: 1 },
      {
        signal: interrupt.signal,
        close: async (status) => ({ summary: [], left: [`dough (${status})`] }),
      },
    );
    assert.equal(result.status, 'interrupted');
    assert.deepEqual(of('build-finished')[0]?.left, ['dough (interrupted)']);
  });

  test('an output that the schema refuses, and a defect, are failures and not crashes', async () => {
    const wrong = defineStep({
      id: 'wrong',
      title: 'wrong',
      output: z.object({ grams: z.number().max(5) }),
      timeout: 1000,
      run: async () => ({ grams: 6 }),
    });
    assert.equal((await bake([wrong], { flour: 1 })).result.failure?.code, 'step.output');
    const defect = defineStep({
      id: 'defect',
      title: 'defect',
      output: nothing,
      timeout: 1000,
      run: async () => {
        throw new TypeError('x is not a function');
      },
    });
    assert.equal((await bake([defect], { flour: 1 })).result.failure?.code, 'internal');
  });

  test('a step whose proof fails has failed', async () => {
    const unproven = defineStep({
      id: 'unproven',
      title: 'unproven',
      output: nothing,
      timeout: 1000,
      run: async () => ({}),
      verify: async () => {
        throw new IngotError('cake.raw', 'raw inside');
      },
    });
    const store = memoryStore();
    const { result } = await bake([unproven], { flour: 1 }, { store });
    assert.equal(result.failure?.code, 'cake.raw');
    assert.equal(store.all.size, 0);
  });

  test('a step that does not apply is skipped with its reason, and so is what needs its output', async () => {
    const icing = defineStep({
      id: 'icing',
      title: 'icing',
      applies: (recipe) => recipe.icing === true || 'no icing asked for',
      output: nothing,
      timeout: 1000,
      run: async () => ({}),
    });
    const cherry = defineStep({
      id: 'cherry',
      title: 'cherry',
      needs: { icing },
      output: nothing,
      timeout: 1000,
      run: async () => ({}),
    });
    const { result, of } = await bake([icing, cherry], { flour: 1 });
    assert.equal(result.status, 'done');
    assert.deepEqual(
      of('step-skipped').map(({ step, reason }) => [step, reason]),
      [
        ['icing', 'no icing asked for'],
        ['cherry', 'needs icing, which is left out'],
      ],
    );
  });

  test('no registered secret reaches an event, the result or what closes the build', async () => {
    const redactor = new Redactor();
    redactor.add('s3cret"sauce');
    const leaky = defineStep({
      id: 'leaky',
      title: 'leaky',
      output: z.object({ text: z.string() }),
      timeout: 1000,
      run: async ({ log, progress }) => {
        log('with s3cret"sauce');
        progress('adding s3cret"sauce');
        throw new IngotError('x', `burnt s3cret"sauce`, {
          evidence: [JSON.stringify({ a: 's3cret"sauce' }), Buffer.from('s3cret"sauce').toString('base64')],
        });
      },
    });
    let closedWith: Failure | undefined;
    const close: RunOptions['close'] = async (_status, _outputs, failure) => {
      closedWith = failure;
      return { summary: [], left: [] };
    };
    const { result, events } = await bake([leaky], { flour: 1 }, { redactor, close });
    assert.ok(events.length >= 5);
    assert.deepEqual(closedWith, result.failure);
    for (const text of [JSON.stringify(events), JSON.stringify(result.failure)]) {
      assert.doesNotMatch(text, /s3cret/);
      assert.doesNotMatch(text, new RegExp(Buffer.from('s3cret"sauce').toString('base64')));
    }
  });

  test('what goes wrong at the very end makes the build fail', async () => {
    const { result } = await bake(
      [weigh],
      { flour: 1 },
      {
        store: {
          ...memoryStore(),
          flush: async () => Promise.reject(new IngotError('store.lost', 'the store is gone')),
        },
      },
    );
    assert.equal(result.status, 'failed');
    assert.equal(result.failure?.code, 'store.lost');
  });
});
