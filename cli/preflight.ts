import { Command, InvalidArgumentError, Option } from 'commander';
import type { Fitness } from '../handover/fit.ts';
import type { Image } from '../image/index.ts';
import type { Place } from '../image/problem.ts';
import type { Cli } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { loadOrExplain } from './load.ts';
import { collectVariable, type Variables } from './variables.ts';

/** Who may use a template, by name. Each says what it asks of an image file. */
const consumers: Readonly<Record<string, (image: Image, version: string | undefined) => Promise<Fitness>>> = {
  openshift,
};

interface Consumer {
  readonly name: string;
  readonly version?: string | undefined;
}

interface PreflightFlags {
  readonly for: readonly Consumer[];
  readonly var?: Variables;
  readonly json?: boolean;
}

/** `ingot preflight --for openshift:4.9 IMAGE`: whether an image file fits those who will use its template. */
export function preflightCommand(cli: Cli): Command {
  return new Command('preflight')
    .summary('check whether an image file fits those who will use its template')
    .description(
      'Holds an image file against the rules of who will use its template, without asking vCenter, and says where to ' +
        'change what does not fit. Exit code 1 if something does not fit. docs/openshift-nodes.md has the rules and ' +
        'where they were read.',
    )
    .argument('<file>', 'the image file')
    .addOption(
      new Option(
        '--for <consumer>',
        'who will use the template: openshift:VERSION, or openshift for handover.openshift.version; repeat it for more',
      )
        .argParser(consumer)
        .makeOptionMandatory(),
    )
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .option('--json', 'print one JSON array instead of tables')
    .action((file: string, flags: PreflightFlags) => preflight(cli, file, flags));
}

function consumer(text: string, before: readonly Consumer[] = []): Consumer[] {
  const [, name = '', version] = /^([a-z]+)(?::(\d+\.\d+\S*))?$/.exec(text) ?? [];
  if (Object.hasOwn(consumers, name)) return [...before, { name, version }];
  throw new InvalidArgumentError(
    `Expected one of ${Object.keys(consumers).join(', ')}, and its version: openshift:4.9.`,
  );
}

async function preflight(cli: Cli, file: string, { for: wanted, var: vars = {}, json = false }: PreflightFlags) {
  const image = await loadOrExplain(cli, file, { vars, env: cli.env, checkFiles: false });
  if (image === undefined) return;
  const { Problems } = await import('../common/problems.ts');
  const problems = new Problems();
  const found = await Promise.all(
    wanted.map(({ name, version }) => problems.gather(() => consumers[name]?.(image, version))),
  );
  problems.throwIfAny();
  const all = found.filter((fitness) => fitness !== undefined);
  if (all.some(({ fits }) => fits.some(({ state }) => state === 'wrong'))) cli.exitCode = exitCodes.failed;
  const { fitReport, placed } = await import('./preflight-report.ts');
  const placedFits = placed(all, file, await placesOf(file));
  cli.stdout.write(cli.redactor.text(json ? `${JSON.stringify(placedFits, null, 2)}\n` : fitReport(cli, placedFits)));
}

async function openshift(image: Image, flag: string | undefined): Promise<Fitness> {
  const [{ requireFacts }, { fitsOpenshift }] = await Promise.all([
    import('../handover/missing-fact.ts'),
    import('../handover/wmco-fit.ts'),
  ]);
  const { version } = requireFacts({
    version: {
      value: flag ?? image.handover.openshift?.version,
      field: 'handover.openshift.version',
      flag: '--for openshift:VERSION',
      read: `oc get -o jsonpath='{.status.desired.version}{"\\n"}' clusterversion version`,
    },
  });
  return fitsOpenshift(image, version);
}

/** Where the image file says what; it was read a moment ago, so it is there. */
async function placesOf(file: string): Promise<(path: readonly (string | number)[]) => Place | undefined> {
  const [{ readSource }, { parseSource }] = await Promise.all([
    import('../image/source.ts'),
    import('../image/document.ts'),
  ]);
  const source = await readSource(file);
  if (!('text' in source)) return () => undefined;
  const document = parseSource(file, source.text);
  return (path) => document.place(path);
}
