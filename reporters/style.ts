import { styleText } from 'node:util';
import type { ReporterOptions } from './reporter.ts';

export type Paint = (text: string) => string;
export type Style = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', Paint>>;

/**
 * Whether to colour. As Node itself decides: FORCE_COLOR first (`0` and `false` mean none), then NO_COLOR
 * (https://no-color.org: set and not empty), then whether a terminal that is not dumb reads it.
 */
export function wantsColor({ output, env }: Pick<ReporterOptions, 'output' | 'env'>): boolean {
  const { FORCE_COLOR: force, NO_COLOR: none, TERM: term } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (none !== undefined && none !== '') return false;
  return output.isTTY === true && term !== 'dumb';
}

/** The few styles in use; without colour each gives its text back. */
export function styleFor(color: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]): Paint =>
    color ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
  };
}
