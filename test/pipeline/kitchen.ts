// A graph of its own for the engine's tests: a kitchen. The engine must not mind.
import { z } from 'zod';
import type { BuildEvent, BuildEventOf, Listener } from '../../pipeline/events.ts';
import { memoryStore, type RecordStore } from '../../pipeline/records.ts';
import { type RunOptions, run } from '../../pipeline/run.ts';
import { type Step, stepsFor } from '../../pipeline/step.ts';

export interface Recipe {
  readonly flour: number;
  readonly oven?: number;
  readonly icing?: boolean;
}
export interface Kitchen {
  readonly log: string[];
}

export const defineStep = stepsFor<Recipe, Kitchen>();

export function heard(): {
  listener: Listener;
  events: BuildEvent[];
  of: <T extends BuildEvent['type']>(type: T) => BuildEventOf<T>[];
} {
  const events: BuildEvent[] = [];
  return {
    listener: (event) => void events.push(event),
    events,
    of: <T extends BuildEvent['type']>(type: T) =>
      events.filter((event): event is BuildEventOf<T> => event.type === type),
  };
}

export async function bake(
  steps: readonly Step<Recipe, Kitchen>[],
  recipe: Recipe,
  options: Partial<RunOptions> & { store?: RecordStore; kitchen?: Kitchen } = {},
) {
  const ear = heard();
  const kitchen = options.kitchen ?? { log: [] };
  const result = await run(steps, recipe, kitchen, {
    build: 'b1',
    name: 'cake',
    store: memoryStore(),
    digestOf: async (file) => `digest of ${file}`,
    listeners: [ear.listener],
    signal: new AbortController().signal,
    retry: { attempts: 3, firstDelayMs: 1, maximumDelayMs: 2 },
    ...options,
  });
  return { result, log: kitchen.log, ...ear };
}

export const weigh = defineStep({
  id: 'weigh',
  title: 'Weigh the flour',
  inputs: (recipe) => ({ flour: recipe.flour }),
  output: z.object({ grams: z.number() }),
  timeout: 1000,
  async run({ inputs, log }) {
    log('on the scales');
    return { grams: inputs.flour };
  },
  verify: async (_, { grams }) => [`${grams} g on the scales`],
});

export const heat = defineStep({
  id: 'heat',
  title: 'Heat the oven',
  inputs: (recipe) => ({ oven: recipe.oven ?? 180 }),
  output: z.object({ degrees: z.number() }),
  timeout: 1000,
  run: async ({ inputs, log }) => {
    log('hot');
    return { degrees: inputs.oven };
  },
});

export const cake = defineStep({
  id: 'cake',
  title: 'Bake',
  needs: { weigh, heat },
  files: ['recipe.txt'],
  output: z.object({ text: z.string() }),
  timeout: 1000,
  run: async ({ needs }) => ({ text: `${needs.weigh.grams} g at ${needs.heat.degrees}` }),
});
