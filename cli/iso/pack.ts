import { Command, InvalidArgumentError } from 'commander';
import { IngotError } from '../../common/failure.ts';
import type { Cli } from '../context.ts';

interface PackFlags {
  readonly label?: string;
  readonly date?: Date;
  readonly force?: boolean;
}

/** `ingot iso pack FOLDER OUT`: a folder on a disc that Windows reads. */
export function packCommand(cli: Cli): Command {
  return new Command('pack')
    .summary('write a disc with all files of a folder')
    .description(
      'Writes an ISO file (ISO 9660 level 1 with Joliet names) that holds all files and folders below a folder. The same ' +
        'folder, label and date give the same bytes.',
    )
    .argument('<folder>', 'what goes on the disc')
    .argument('<out>', 'the ISO file to write')
    .option('--label <label>', 'volume label, 1 to 16 of A-Z, 0-9 and _ (default: from the name of OUT)', readLabel)
    .option(
      '--date <time>',
      'date of everything on the disc, as ISO 8601 or in seconds since 1970 (default: SOURCE_DATE_EPOCH, or now)',
      readDate,
    )
    .option('--force', 'replace OUT if it is there')
    .action((folder: string, out: string, flags: PackFlags) => pack(cli, folder, out, flags));
}

async function pack(cli: Cli, folder: string, out: string, flags: PackFlags): Promise<void> {
  const { packFolder } = await import('../../iso/writer/pack.ts');
  const { size, files, folders } = await packFolder(folder, out, {
    volumeLabel: flags.label ?? labelOf(out),
    date: flags.date ?? buildDate(cli.env),
    force: flags.force === true,
    signal: cli.interrupts.signal,
  });
  cli.stderr.write(`${out}: ${size} bytes, ${files} files in ${folders} folders\n`);
}

function readLabel(label: string): string {
  if (/^[A-Z0-9_]{1,16}$/.test(label)) return label;
  throw new InvalidArgumentError('expected 1 to 16 of A-Z, 0-9 and _.');
}

/** The name of the file without `.iso`, in the characters and the length of a label. */
function labelOf(out: string): string {
  const name = out.replace(/^.*[/\\]/, '').replace(/\.iso$/i, '');
  return (name.toUpperCase().replace(/[^A-Z0-9_]/g, '_') || '_').slice(0, 16);
}

/** A time without a zone would be another one on every machine. */
const ISO_8601 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

function dateOf(text: string): Date | undefined {
  if (/^\d+$/.test(text)) return inRange(new Date(Number(text) * 1000));
  return ISO_8601.test(text) ? inRange(new Date(text)) : undefined;
}

function inRange(date: Date): Date | undefined {
  return date.getUTCFullYear() >= 1970 && date.getUTCFullYear() <= 2155 ? date : undefined;
}

function readDate(text: string): Date {
  const date = dateOf(text);
  if (date !== undefined) return date;
  throw new InvalidArgumentError('expected a date like 2026-02-03 or 2026-02-03T04:05:06Z, or seconds since 1970.');
}

/** What reproducible builds agree on (https://reproducible-builds.org/specs/source-date-epoch/). */
function buildDate({ SOURCE_DATE_EPOCH: epoch }: NodeJS.ProcessEnv): Date {
  if (epoch === undefined || epoch === '') return new Date();
  const date = dateOf(epoch);
  if (date !== undefined) return date;
  throw new IngotError('iso.date', `Expected seconds since 1970 in SOURCE_DATE_EPOCH, found “${epoch}”`, {
    remedy: 'Correct or unset it, or give --date.',
  });
}
