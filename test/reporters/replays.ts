import type { TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { BuildEvent } from '../../pipeline/events.ts';
import { createReporter, type ReporterName } from '../../reporters/choose.ts';
import type { Reporter } from '../../reporters/reporter.ts';
import { Screen } from './screen.ts';

export const paths = {
  resume: 'ingot build images/windows-server-20h2.yaml',
  journal: '.ingot/windows-server-20h2/20261121T051200Z-3f9a.jsonl',
};

export interface Stage {
  readonly screen: Screen;
  readonly reporter: Reporter;
  /** Plays events at the times they carry. */
  play(events: readonly BuildEvent[]): Promise<void>;
  /** Lets time go by, so that the screen is drawn again. */
  wait(ms: number): Promise<void>;
}

/** A reporter on a screen of its own, under a clock that goes by the events. */
export async function stage(
  t: TestContext,
  name: ReporterName,
  { columns = 80, rows = 40, env = {} }: { columns?: number; rows?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Stage> {
  const screen = new Screen(columns, rows);
  t.mock.timers.enable({ apis: ['Date', 'setInterval'] });
  const reporter = await createReporter(name, { output: screen, env, ...paths });
  return {
    screen,
    reporter,
    async play(events) {
      for (const event of events) {
        t.mock.timers.setTime(Date.parse(event.at));
        reporter.listener(event);
        await setImmediate();
      }
    },
    async wait(ms) {
      t.mock.timers.tick(ms);
      await setImmediate();
    },
  };
}
