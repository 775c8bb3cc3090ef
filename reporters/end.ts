import type { Failure } from '../common/failure.ts';
import type { BuildEventOf } from '../pipeline/events.ts';
import type { ReporterOptions } from './reporter.ts';
import type { Style } from './style.ts';
import type { Tally } from './tally.ts';
import { count, duration, oneLine, wrap } from './text.ts';

type Finished = BuildEventOf<'build-finished'>;
type Paths = Pick<ReporterOptions, 'resume' | 'journal'>;

const indent = '  ';
/** Width of the labels that ingot itself sets; the summary's own are measured. */
const labelWidth = 10;

/** What stands at the end of a build: what was made, or what failed, what to do, what is left and how to go on. */
export function endLines(tally: Tally, event: Finished, paths: Paths, style: Style, width: number): string[] {
  const body =
    event.status === 'done' ? doneBody(tally, event, style, width) : openBody(tally, event, paths, style, width);
  const lines = ['', headline(tally, event, style), '', ...body];
  return lines.filter((line, at) => line !== '' || lines[at - 1] !== '');
}

function headline(tally: Tally, { status, ms }: Finished, style: Style): string {
  const { finished, cached, skipped } = tally.counts;
  const ran = [
    `${count(finished, 'step')} run`,
    cached > 0 ? `${cached} cached` : '',
    skipped > 0 ? `${skipped} left out` : '',
    duration(ms),
  ];
  const detail = style.dim(`(${ran.filter(Boolean).join(', ')})`);
  switch (status) {
    case 'done':
      return `${style.green('✔')} ${style.bold(`${tally.name} is built`)} ${detail}`;
    case 'failed': {
      const what = tally.failed === undefined ? tally.name : tally.titleOf(tally.failed.step);
      return `${style.red('✖')} ${style.bold(`${what}: failed`)} ${detail}`;
    }
    case 'interrupted':
      return `${style.yellow('■')} ${style.bold(`${tally.name}: interrupted`)} ${detail}`;
  }
}

function doneBody(tally: Tally, { summary }: Finished, style: Style, width: number): string[] {
  const lines = [...summary, ...tally.warnings.map((value) => ({ label: 'warning', value }))];
  const longest = Math.max(0, ...lines.map(({ label }) => label.length));
  return lines.flatMap(({ label, value }) => entry(label, value, style, width, longest));
}

function openBody(tally: Tally, event: Finished, paths: Paths, style: Style, width: number): string[] {
  const left = event.left.flatMap((text, at) => entry(at === 0 ? 'left' : '', text, style, width));
  const found = event.summary.flatMap(({ label, value }) => entry(label, value, style, width));
  return [
    ...(event.failure === undefined ? [] : [...failureLines(event.failure, style, width), '']),
    ...found,
    ...(left.length > 0 ? left : entry('left', 'nothing', style, width)),
    ...entry('resume', paths.resume, style, width),
    ...entry('journal', paths.journal, style, width),
    ...entry('build', tally.build, style, width),
    ...tally.warnings.flatMap((text) => entry('warning', text, style, width)),
  ];
}

function failureLines(failure: Failure, style: Style, width: number): string[] {
  const message = wrap(oneLine(failure.message), width - indent.length);
  const evidence = (failure.evidence ?? []).map((line) => `${indent}${style.dim('│')} ${oneLine(line)}`);
  return [
    ...message.map((line) => `${indent}${style.red(line)}`),
    ...evidence,
    '',
    ...(failure.remedy === undefined ? [] : entry('what to do', failure.remedy, style, width)),
    ...entry('code', failure.code, style, width),
  ];
}

/** `  label       value`, the value wrapped beside its label. */
function entry(label: string, value: string, style: Style, width: number, longest = labelWidth): string[] {
  const gap = indent.length + longest + 2;
  return wrap(oneLine(value), Math.max(20, width - gap)).map((line, at) =>
    at === 0 ? `${indent}${style.dim(label.padEnd(longest))}  ${line}` : `${' '.repeat(gap)}${line}`,
  );
}
