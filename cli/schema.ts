import { Command } from 'commander';
import type { Cli } from './context.ts';

/** `ingot schema`: the JSON Schema of image files, for editors. */
export function schemaCommand(cli: Cli): Command {
  return new Command('schema')
    .summary('print the JSON Schema of image files, for editors')
    .description(
      'Prints the JSON Schema of image files. Editors use it through the first line of the samples in images/.',
    )
    .action(async () => {
      const { imageJsonSchema } = await import('../image/json-schema.ts');
      cli.stdout.write(`${JSON.stringify(imageJsonSchema(), null, 2)}\n`);
    });
}
