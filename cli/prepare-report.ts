import { type Style, styleFor, wantsColor } from '../reporters/style.ts';
import { count, oneLine, wrap } from '../reporters/text.ts';
import type { Outcome, Part, Preparation } from '../steps/prepare/index.ts';
import type { Cli } from './context.ts';

/** A preparation and what became of it, with the reason as data. */
export interface Entry extends Omit<Outcome, 'error'> {
  readonly failure?: {
    readonly code: string;
    readonly message: string;
    readonly remedy?: string | undefined;
    readonly evidence?: readonly string[] | undefined;
  };
}

/** The listing of a run of `ingot prepare`, entry by entry. */
export interface PrepareReport {
  entry(entry: Entry): string;
  /** The last lines. */
  end(entries: readonly Entry[], run: { readonly yes: boolean; readonly complete: boolean }): string;
}

const titles: Readonly<Record<Part, string>> = {
  'failure-domains': 'Failure domains',
  folders: 'Folders',
  pools: 'Resource pools',
  tags: 'Tags of regions and zones',
  'storage-policy': 'Storage policy',
  'port-groups': 'Port groups',
  role: 'Role',
};

/** The first column. */
type Word = 'right' | 'change' | 'create' | 'by hand' | 'changed' | 'created' | 'failed';

const indent = 2;
const wordWidth = 'by hand'.length;
const gap = '  ';
const textAt = indent + wordWidth + gap.length;
/** Where facts stand, behind what they are about. */
const factsAt = textAt + 30;

/** As wide as the terminal at most; 80 columns where nobody's terminal is known. */
export function report(cli: Pick<Cli, 'stdout' | 'env'>): PrepareReport {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const width = Math.max(60, cli.stdout.columns ?? 80);
  const detail = (text: string, from = textAt) =>
    wrap(oneLine(text), width - from).map((line) => ' '.repeat(from) + line);
  let [part, object, explained] = ['', '', ''];

  const headings = ({ preparation }: Entry): string[] => {
    const lines: string[] = [];
    if (preparation.part !== part) {
      lines.push(...(part === '' ? [] : ['']), style.bold(titles[preparation.part]));
      object = '';
    }
    part = preparation.part;
    if (preparation.object !== object) lines.push(`${' '.repeat(indent)}${oneLine(preparation.object)}`);
    object = preparation.object;
    return lines;
  };

  return {
    entry(entry) {
      const { preparation, failure } = entry;
      const { explain, steps = [] } = preparation;
      const { note } = entry.after ?? preparation;
      const done = preparation.state === 'right' || entry.action === 'changed';
      const above = headings(entry);
      // What is said of one object need not be said of the next.
      const why = done || explain === explained ? [] : detail(explain);
      if (!done) explained = explain;
      const lines = [
        ...above,
        ...rowOf(entry, width, style),
        ...why.map(style.dim),
        ...(note === undefined ? [] : detail(note)).map(style.dim),
        // Commands stay in one piece, to be copied.
        ...steps.map((step) => `${' '.repeat(textAt)}- ${oneLine(step)}`),
        ...(failure === undefined ? [] : detail(`${failure.message} (${failure.code})`)),
        ...(failure?.evidence ?? []).flatMap((line) => detail(`| ${line}`)),
        ...(failure?.remedy === undefined ? [] : detail(`what to do: ${failure.remedy}`)),
      ];
      return `${lines.join('\n')}\n`;
    },
    end(entries, run) {
      const lines = endLines(entries, run).flatMap((line) => wrap(line, width));
      return lines.length === 0 ? '' : `${entries.length === 0 ? '' : '\n'}${lines.join('\n')}\n`;
    },
  };
}

/** What is to be done, of what, and how it is; facts that are too long go on below. */
function rowOf(entry: Entry, width: number, style: Style): string[] {
  const { preparation } = entry;
  const word = wordOf(entry);
  const first = `${' '.repeat(indent)}${paintOf(word, style)(word.padEnd(wordWidth))}${gap}`;
  const what = oneLine(preparation.what);
  const [facts = '', ...more] = wrap(oneLine(factsOf(preparation)), width - factsAt);
  const quiet = word === 'right' ? style.dim : (text: string) => text;
  const below = (line: string) => quiet(' '.repeat(factsAt) + line);
  const room = factsAt - textAt - gap.length;
  if (what.length > room) return [`${first}${quiet(what)}`, below(facts), ...more.map(below)];
  return [`${first}${quiet(`${what.padEnd(room)}${gap}${facts}`)}`, ...more.map(below)];
}

function wordOf({ preparation: { state }, action }: Entry): Word {
  if (action === 'failed') return 'failed';
  if (action === 'changed') return state === 'missing' ? 'created' : 'changed';
  if (action === 'change') return state === 'missing' ? 'create' : 'change';
  return state === 'right' ? 'right' : 'by hand';
}

function paintOf(word: Word, style: Style): (text: string) => string {
  switch (word) {
    case 'right':
      return style.dim;
    case 'changed':
    case 'created':
      return style.green;
    case 'failed':
      return style.red;
    default:
      return style.yellow;
  }
}

function factsOf({ state, found, wanted }: Preparation): string {
  return state === 'right' ? found : `${found} → ${wanted}`;
}

function endLines(entries: readonly Entry[], { yes, complete }: { readonly yes: boolean; readonly complete: boolean }) {
  const of = (action: Entry['action']) => entries.filter((entry) => entry.action === action).length;
  const byHand = entries.filter((entry) => wordOf(entry) === 'by hand').length;
  const hand = byHand === 0 ? [] : [`${count(byHand, 'thing')} to be done by hand.`];
  const [open, changed, failed] = [of('change'), of('changed'), of('failed')];
  if (yes && changed + failed > 0) {
    const rest = open === 0 ? '' : `, ${open} not begun`;
    return [`${count(changed, 'change')} made${failed === 0 ? '' : `, ${failed} failed`}${rest}.`, ...hand];
  }
  if (open > 0) return [`${count(open, 'change')} to make${yes ? ', none begun.' : ': add --yes.'}`, ...hand];
  if (!complete) return hand;
  if (entries.length === 0) return ['The image file asks for nothing: see handover.failureDomains and prepare.'];
  return byHand > 0 ? ['Nothing to change.', ...hand] : ['Everything is right: nothing to change.'];
}
