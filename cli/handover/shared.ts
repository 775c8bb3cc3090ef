import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { IngotError } from '../../common/failure.ts';
import { collectVariable, type Variables } from '../variables.ts';

export interface TemplateFlags {
  readonly var?: Variables;
  readonly foreignTemplate?: boolean;
}

/** The argument and flags of every command about the template of an image file. */
export function withTemplateFlags(command: Command): Command {
  return command
    .argument('<file>', 'the image file')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .option('--foreign-template', 'take a template that no build of this image sealed: you know that it is');
}

/** The value of a flag that is a name or a path: none (`--folder "$UNSET"`) is a mistake, not the root. */
export function nonEmpty(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('Expected a name, found nothing.');
}

/** A text file that a flag names. @throws IngotError `cli.input-file` */
export async function readInput(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read';
    throw new IngotError('cli.input-file', `expected a readable file for ${flag}, found ${path}: ${reason}`, {
      remedy: 'correct the path',
      cause: error,
    });
  }
}
