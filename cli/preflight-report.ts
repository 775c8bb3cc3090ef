import type { Fit, Fitness } from '../handover/fit.ts';
import { formatPath, type Path, type Place } from '../image/problem.ts';
import { styleFor, wantsColor } from '../reporters/style.ts';
import { count, oneLine, wrap } from '../reporters/text.ts';
import type { Cli } from './context.ts';

/** A rule with its place in the image file. Plain JSON. */
export interface PlacedFit extends Omit<Fit, 'path'> {
  /** `FILE:LINE:COLUMN`, the nearest place where the field is left out; null for the file as a whole. */
  readonly place: string | null;
  /** `firewall.rules[0]` */
  readonly path: string;
}

export interface PlacedFitness {
  readonly consumer: string;
  readonly fits: readonly PlacedFit[];
}

/** The same with the places of what the rules are about. */
export function placed(
  all: readonly Fitness[],
  file: string,
  placeOf: (path: Path) => Place | undefined,
): PlacedFitness[] {
  return all.map(({ consumer, fits }) => ({
    consumer,
    fits: fits.map(({ rule, state, expected, found, remedy, path = [], source }) => {
      const at = path.length === 0 ? undefined : placeOf(path);
      const place = at === undefined ? null : `${file}:${at.line}:${at.column}`;
      return { rule, state, expected, found, remedy, path: formatPath(path), place, source };
    }),
  }));
}

/** A table a consumer: what is wrong first, with where and what to change. */
export function fitReport(cli: Pick<Cli, 'stdout' | 'env'>, all: readonly PlacedFitness[]): string {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const paint = { right: style.green, wrong: style.red, unknown: style.yellow };
  const columns = Math.max(60, cli.stdout.columns ?? 100);
  const sections = all.map(({ consumer, fits }) => {
    const width = Math.max(...fits.map(({ rule }) => rule.length));
    const at = 2 + 'unknown'.length + 2 + width + 2;
    const rows = fits.flatMap(({ rule, state, expected, found, remedy, place }) => {
      const words = state === 'right' ? found : `expected ${expected}, found ${found}`;
      const more = state === 'right' || remedy === undefined ? [] : [`${place === null ? '' : `${place} `}${remedy}`];
      // What to write is not broken: it may be copied.
      const [first = '', ...rest] = [...wrap(oneLine(words), columns - at), ...more.map(oneLine)];
      return [
        `  ${paint[state](state.padEnd('unknown'.length))}  ${rule.padEnd(width)}  ${first}`,
        ...rest.map((line) => ' '.repeat(at) + line),
      ];
    });
    return [style.bold(consumer), ...rows, `  ${summary(fits)}`].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

function summary(fits: readonly PlacedFit[]): string {
  const wrong = fits.filter(({ state }) => state === 'wrong').length;
  const unknown = fits.filter(({ state }) => state === 'unknown').length;
  const rest = unknown === 0 ? '' : `; ${unknown} cannot be told from the image file`;
  return wrong === 0
    ? `Nothing is wrong (${count(fits.length, 'rule')})${rest}.`
    : `${wrong} of ${count(fits.length, 'rule')} wrong${rest}.`;
}
