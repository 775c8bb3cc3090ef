import { type Style, styleFor, wantsColor } from '../reporters/style.ts';
import { bytes, oneLine, wrap } from '../reporters/text.ts';
import type { Leftover, LeftoverKind } from '../steps/prune/index.ts';
import { ageWords } from '../steps/prune/words.ts';
import type { Cli } from './context.ts';

/** What became of a leftover. */
export interface Entry {
  readonly leftover: Leftover;
  readonly action: 'keep' | 'remove' | 'removed' | 'failed';
  readonly failure?: { readonly code: string; readonly message: string; readonly remedy?: string | undefined };
}

/** The listing of a run of prune, entry by entry: a removal can take its time. */
export interface PruneReport {
  entry(entry: Entry): string;
  /** The last lines. */
  end(entries: readonly Entry[]): string;
}

interface ReportOptions {
  readonly yes: boolean;
  /** Whether all places could be looked at. */
  readonly complete: boolean;
}

const titles: Readonly<Record<LeftoverKind, string>> = {
  'answer-disc': 'Answer discs',
  'partial-upload': 'Partial uploads',
  media: 'Media, shared by all images',
  'media-record': 'Records of media',
  'smoke-clone': 'Clones of smoke tests',
  'export-clone': 'Clones of exports',
  candidate: 'Clones that are not templates yet',
  'old-template': 'Templates of before',
};

const indent = 2;
const actionWidth = 'removed'.length;
const sizeWidth = '1023 KiB'.length;
const ageWidth = '59 min'.length;
const gap = '  ';
/** Where names begin. */
const nameAt = indent + actionWidth + gap.length;
const factsWidth = gap.length + sizeWidth + gap.length + ageWidth;

/** As wide as the terminal at most; 80 columns where nobody's terminal is known. */
export function report(
  cli: Pick<Cli, 'stdout' | 'env'>,
  found: readonly Leftover[],
  { yes, complete }: ReportOptions,
): PruneReport {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const width = Math.max(60, cli.stdout.columns ?? 80);
  const longest = Math.max(0, ...found.map(({ name }) => oneLine(name).length));
  const nameWidth = Math.min(longest, width - nameAt - factsWidth);
  let vcenter = '';
  let section = '';

  const headings = (leftover: Leftover): string[] => {
    const lines: string[] = [];
    if (leftover.vcenter !== vcenter) {
      lines.push(...(vcenter === '' ? [] : ['']), style.bold(leftover.vcenter));
      section = '';
    }
    vcenter = leftover.vcenter;
    const title = `${titles[leftover.kind]}: ${style.dim(oneLine(leftover.folder))}`;
    if (title !== section) lines.push('', title);
    section = title;
    return lines;
  };

  return {
    entry({ leftover, action, failure }) {
      const detail = (text: string) => wrap(oneLine(text), width - nameAt).map((line) => ' '.repeat(nameAt) + line);
      const lines = [
        ...headings(leftover),
        ...rowOf(leftover, action, nameWidth, style),
        ...detail(leftover.why).map(style.dim),
        ...(failure === undefined ? [] : detail(`${failure.message} (${failure.code})`)),
        ...(failure?.remedy === undefined ? [] : detail(`what to do: ${failure.remedy}`)),
      ];
      return `${lines.join('\n')}\n`;
    },
    end(entries) {
      const lines = endLines(entries, { yes, complete }).flatMap((line) => wrap(line, width));
      return lines.length === 0 ? '' : `${entries.length === 0 ? '' : '\n'}${lines.join('\n')}\n`;
    },
  };
}

/** A name that is too long has a line of its own, whole, so that it can be copied. */
function rowOf({ name, bytes: size, ageMs }: Leftover, action: Entry['action'], nameWidth: number, style: Style) {
  const paint = { keep: style.dim, remove: style.yellow, removed: style.green, failed: style.red }[action];
  const shown = oneLine(name);
  const facts = [
    (size === null ? '-' : bytes(size)).padStart(sizeWidth),
    (ageMs === null ? '-' : ageWords(ageMs)).padStart(ageWidth),
  ].join(gap);
  const first = `${' '.repeat(indent)}${paint(action.padEnd(actionWidth))}${gap}`;
  const text = action === 'keep' ? style.dim : (line: string) => line;
  if (shown.length <= nameWidth) return [`${first}${text(`${shown.padEnd(nameWidth)}${gap}${facts}`)}`];
  return [`${first}${text(shown)}`, `${' '.repeat(nameAt + nameWidth)}${gap}${text(facts)}`];
}

function endLines(entries: readonly Entry[], { yes, complete }: ReportOptions): string[] {
  const of = (action: Entry['action']) => entries.filter((entry) => entry.action === action);
  const [removable, removed, failed] = [of('remove'), of('removed'), of('failed')];
  const shared = entries.filter(({ leftover }) => leftover.needsMedia);
  const more = shared.length === 0 ? [] : [`${shared.length} more with --media (${total(shared)}).`];
  if (yes && removed.length + failed.length > 0) {
    const others = failed.length === 0 ? '' : `, ${failed.length} could not be removed`;
    return [`${removed.length} removed (${total(removed)})${others}.`, ...more];
  }
  if (removable.length > 0) return [`${removable.length} can be removed (${total(removable)}): add --yes.`, ...more];
  if (!complete) return more;
  return [entries.length === 0 ? 'Nothing is left behind.' : 'Nothing to remove.', ...more];
}

function total(entries: readonly Entry[]): string {
  return bytes(entries.reduce((sum, { leftover }) => sum + (leftover.bytes ?? 0), 0));
}
