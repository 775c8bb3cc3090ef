import type { BuildEvent } from '../pipeline/events.ts';
import { endLines } from './end.ts';
import type { Reporter, TerminalOptions } from './reporter.ts';
import { styleFor, wantsColor } from './style.ts';
import { Tally } from './tally.ts';
import { count, duration } from './text.ts';
import { Tree } from './tree.ts';

const showCursor = '\u001B[?25h';
/** How often what changed is drawn: often enough to follow, rarely enough to cost nothing. */
const tickMs = 200;

/** For people: a tree of the steps that redraws itself, and at the end what was made or what to do. */
export function terminalReporter(options: TerminalOptions): Reporter {
  const { output } = options;
  const style = styleFor(wantsColor(options));
  const tally = new Tally();
  const tree = new Tree(output, style);
  const restore = () => void output.write(showCursor); // a second Ctrl-C ends the process within the tree
  let end: (() => string[]) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let started = 0;
  let stopping = false;

  const tick = () => {
    tree.draw();
    const place = `${tally.over} of ${count(tally.steps.length, 'step')} over, ${duration(Date.now() - started)}`;
    tree.footer(stopping ? `Stopping (Ctrl-C again to stop at once) · ${place}` : place);
  };

  return {
    listener(event: BuildEvent) {
      tally.see(event);
      tree.see(event);
      if (event.type === 'build-started') {
        started = Date.parse(event.at);
        output.write(`${style.bold(event.name)} ${style.dim(`build ${event.build}`)}\n\n`);
        process.once('exit', restore);
        tree.start(event.steps);
        timer = setInterval(tick, tickMs).unref();
      } else if (event.type === 'build-finished') {
        end = () => endLines(tally, event, options, style, output.columns || 80);
      }
    },
    stopping() {
      stopping = true;
      tick();
    },
    async close() {
      clearInterval(timer);
      await tree.close();
      process.off('exit', restore);
      for (const line of end?.() ?? []) output.write(`${line}\n`);
    },
  };
}
