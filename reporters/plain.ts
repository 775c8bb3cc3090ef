import type { BuildEvent } from '../pipeline/events.ts';
import { Blocks } from './blocks.ts';
import { endLines } from './end.ts';
import { groupingFor } from './groups.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { Said } from './said.ts';
import { styleFor, wantsColor } from './style.ts';
import { Tally } from './tally.ts';
import { clock, count, dateTime, duration, oneLine } from './text.ts';

/** For logs: one line an event, with its time and its step; the lines of a step stay together. */
export function plainReporter(options: ReporterOptions): Reporter {
  const { output, env } = options;
  const style = styleFor(wantsColor(options));
  const grouping = groupingFor(env);
  const write = (line: string) => void output.write(`${line}\n`);
  const blocks = new Blocks(grouping, write);
  const tally = new Tally();
  const said = new Said();
  let column = 0;

  const line = (event: BuildEvent & { readonly step: string }, text: string, over = false) => {
    blocks.line(event.step, `${style.dim(clock(event.at))} ${style.cyan(event.step.padEnd(column))} ${text}`, event.at);
    if (over) blocks.end(event.step, event.at);
  };
  const proved = (proof: readonly string[]) => (proof.length > 0 ? `: ${proof.map(oneLine).join('; ')}` : '');

  const listener = (event: BuildEvent) => {
    tally.see(event);
    switch (event.type) {
      case 'build-started':
        column = Math.max(...event.steps.map(({ id }) => id.length));
        for (const { id, title } of event.steps) blocks.title(id, title);
        write(
          `${style.dim(clock(event.at))} ${event.name}, build ${event.build}, ${count(event.steps.length, 'step')}`,
        );
        break;
      case 'step-started':
        if (event.attempt === 1) line(event, `started: ${event.title}`);
        break;
      case 'step-progress': {
        const text = said.next(event);
        if (text !== undefined) line(event, text);
        break;
      }
      case 'step-log':
        line(event, style.dim(`| ${oneLine(event.message)}`));
        break;
      case 'warning':
        warn(event.at, event.step, oneLine(event.message));
        break;
      case 'step-retry': {
        const { attempt, delayMs, failure } = event;
        line(event, style.yellow(`try ${attempt} failed, again in ${duration(delayMs)}: ${oneLine(failure.message)}`));
        break;
      }
      case 'step-finished':
        line(event, `${style.green('done')} in ${duration(event.ms)}${proved(event.proof)}`, true);
        break;
      case 'step-cached':
        line(event, style.dim(`cached, finished ${dateTime(event.finishedAt)}${proved(event.proof)}`), true);
        break;
      case 'step-skipped':
        line(event, style.dim(`left out: ${oneLine(event.reason)}`), true);
        break;
      case 'step-failed':
        line(event, style.red(`failed after ${duration(event.ms)}: ${oneLine(event.failure.message)}`), true);
        break;
      case 'step-cancelled':
        line(event, style.yellow(`stopped after ${duration(event.ms)}`), true);
        break;
      case 'build-finished':
        blocks.finish(event.at);
        if (event.failure !== undefined) {
          const title = tally.failed === undefined ? tally.name : tally.titleOf(tally.failed.step);
          for (const text of grouping.annotate('error', title, event.failure.message)) write(text);
        }
        for (const text of endLines(tally, event, options, style, output.columns || 100)) write(grouping.line(text));
        break;
    }
  };

  function warn(at: string, step: string | undefined, message: string): void {
    for (const text of grouping.annotate('warning', step ?? tally.name, message)) write(text);
    const text = style.yellow(`warning: ${message}`);
    if (step === undefined) write(`${style.dim(clock(at))} ${text}`);
    else blocks.line(step, `${style.dim(clock(at))} ${style.cyan(step.padEnd(column))} ${text}`, at);
  }

  return {
    listener,
    stopping: () => write('stopping: finishing what cannot be cut short; interrupt again to stop at once'),
    close: async () => undefined,
  };
}
