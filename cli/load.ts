import type { Image } from '../image/index.ts';
import type { Cli } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { type Variables, variablesOf } from './variables.ts';

/** The image of a file, or nothing if the file is wrong: all problems are then on stderr, and the exit code is set. */
export async function loadOrExplain(
  cli: Cli,
  file: string,
  {
    vars,
    env,
    checkFiles = true,
  }: { readonly vars: Variables; readonly env: NodeJS.ProcessEnv; readonly checkFiles?: boolean },
): Promise<Image | undefined> {
  const { formatProblem, loadImage } = await import('../image/index.ts');
  const { image, problems } = await loadImage(file, {
    vars,
    optionalVars: variablesOf(env),
    env,
    redactor: cli.redactor,
    checkFiles,
  });
  for (const problem of problems) cli.stderr.write(`${cli.redactor.text(formatProblem(problem))}\n`);
  if (image === undefined) cli.exitCode = exitCodes.usage;
  return image;
}
