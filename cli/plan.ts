import { Command } from 'commander';
import { styleFor, wantsColor } from '../reporters/style.ts';
import type { Cli } from './context.ts';
import { inSession } from './lab-session.ts';
import { loadOrExplain } from './load.ts';
import { collectVariable, type Variables } from './variables.ts';

interface PlanFlags {
  readonly var?: Variables;
  readonly lab?: boolean;
  readonly graph?: boolean;
  readonly json?: boolean;
  readonly offline?: boolean;
}

/** What the table shows of a plan's entry. */
interface Entry {
  readonly step: { readonly id: string };
  readonly title: string;
  readonly state: 'cached' | 'run' | 'skipped';
  readonly fingerprint: string;
  readonly why: string;
  readonly notes: readonly string[];
}

/** `ingot plan FILE`: what a build would do, and why. */
export function planCommand(cli: Cli): Command {
  return new Command('plan')
    .summary('show what a build would do, and why')
    .description('Shows each step, its fingerprint, and whether a build would run it, and why (not). Changes nothing.')
    .argument('<file>', 'the image file')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .option('--graph', 'print the graph of the steps as a Mermaid flow chart instead')
    .option('--json', 'print one JSON array instead of a table')
    .option('--offline', 'do not ask vCenter what is there: plan as if nothing was')
    .option('--lab', 'plan against a lab that is started for it, instead of a vCenter')
    .action((file: string, flags: PlanFlags) => inSession(cli, flags, ({ env }) => plan(cli, file, flags, env)));
}

async function plan(cli: Cli, file: string, flags: PlanFlags, env: NodeJS.ProcessEnv): Promise<void> {
  const image = await loadOrExplain(cli, file, { vars: flags.var ?? {}, env });
  if (image === undefined) return;
  if (flags.graph === true) {
    const [{ graphOf }, { Graph }] = await Promise.all([import('../steps/index.ts'), import('../pipeline/graph.ts')]);
    cli.stdout.write(new Graph(graphOf(image)).mermaid(image));
    return;
  }
  const { planImage } = await import('../steps/build.ts');
  const { redactor, interrupts } = cli;
  const entries = await planImage(image, {
    signal: interrupts.signal,
    redactor,
    offline: flags.offline === true,
  });
  cli.stdout.write(redactor.text(flags.json === true ? json(entries) : table(cli, entries)));
}

function json(entries: readonly Entry[]): string {
  const plain = entries.map(({ step, title, state, fingerprint, why, notes }) => ({
    step: step.id,
    title,
    state,
    fingerprint,
    why,
    notes,
  }));
  return `${JSON.stringify(plain, null, 2)}\n`;
}

const states = { cached: 'cached', run: 'run', skipped: 'left out' } as const;

function table(cli: Cli, entries: readonly Entry[]): string {
  const style = styleFor(wantsColor({ output: cli.stdout, env: cli.env }));
  const paint = { cached: style.green, run: style.bold, skipped: style.dim };
  const width = Math.max(0, ...entries.map(({ step }) => step.id.length));
  const lines = entries.flatMap(({ step, state, fingerprint, why, notes }) => [
    [
      paint[state](states[state].padEnd(8)),
      step.id.padEnd(width),
      style.dim(state === 'skipped' ? '-'.padEnd(12) : fingerprint.slice(0, 12)),
      style.dim(why),
    ].join('  '),
    ...notes.map((note) => `${' '.repeat(10)}${' '.repeat(width)}  ${note}`),
  ]);
  return `${lines.join('\n')}\n`;
}
