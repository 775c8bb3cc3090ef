import { resolve } from 'node:path';
import { Command } from 'commander';
import { IngotError } from '../../common/failure.ts';
import { Problems } from '../../common/problems.ts';
import type { Image, Secret } from '../../image/index.ts';
import type { Cli } from '../context.ts';
import { collectVariable, type Variables } from '../variables.ts';
import { withVcenter } from '../with-vcenter.ts';
import { nonEmpty } from './shared.ts';

interface SecretFlags {
  readonly key?: string;
  readonly reveal?: boolean;
  readonly var?: Variables;
}

/** `ingot handover secret IMAGE`: the private key of the Windows Machine Config Operator. */
export function secretCommand(cli: Cli): Command {
  return new Command('secret')
    .summary("print how OpenShift gets the private key of the template's administrators")
    .description(
      'Prints the command that makes the Secret cloud-private-key of the Windows Machine Config Operator, after the ' +
        'private key was found to belong to a key in the template. The key itself is shown by --reveal only.',
    )
    .argument('<file>', 'the image file')
    .option('--key <file>', 'the private key; left out: openssh.privateKey of the image file', nonEmpty)
    .option('--reveal', 'print the Secret with the key in it instead, for oc apply -f -')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .action((file: string, flags: SecretFlags) => secret(cli, file, flags));
}

async function secret(cli: Cli, file: string, { key: keyFile, reveal = false, var: vars = {} }: SecretFlags) {
  await withVcenter(cli, file, vars, async ({ image, vc, signal, print }) => {
    const [{ findTemplate, requireSealed }, { readOperatorKey }, handover] = await Promise.all([
      import('../../handover/template.ts'),
      import('../../handover/private-key.ts'),
      import('../../handover/secret.ts'),
    ]);
    const problems = new Problems();
    const source = await problems.gather(() => keySource(cli, image, keyFile));
    const found = await problems.gather(async () => {
      const template = await findTemplate(vc, image, { signal });
      await problems.gather(() => requireSealed(template, image));
      return template;
    });
    const text = source && (await problems.gather(() => source.resolve()));
    const key = text === undefined ? undefined : await problems.gather(() => readOperatorKey(text));
    const match = found && key && (await problems.gather(() => handover.matchKey(found, key, file)));
    problems.throwIfAny();
    if (found === undefined || match === undefined || source === undefined || text === undefined) return;
    const head = handover.secretHead(found, match);
    if (reveal) {
      const { manifestYaml } = await import('../../handover/manifest.ts');
      // The one output that is not redacted: it was asked for, and it goes to standard output only.
      cli.stdout.write(manifestYaml([handover.secretManifest(text, head)]));
      return;
    }
    const { reference } = source;
    const words = reference.startsWith('exec:')
      ? (await import('../../image/secret-command.ts')).splitCommand(reference.slice('exec:'.length))
      : undefined;
    const { directory } = image;
    print(
      `${head.map((line) => `# ${line}`).join('\n')}\n${handover.createCommand(reference, { directory, words })}\n`,
    );
  });
}

/** Where the private key is: of the flag, relative to the working folder, or of the image file. */
async function keySource(cli: Cli, { openssh }: Image, keyFile: string | undefined): Promise<Secret> {
  if (keyFile !== undefined) {
    const { Secret } = await import('../../image/index.ts');
    const named = new Secret(`file:${resolve(keyFile)}`);
    named.bind({ directory: process.cwd(), env: cli.env, redactor: cli.redactor });
    return named;
  }
  if (openssh.privateKey !== undefined) return openssh.privateKey;
  throw new IngotError(
    'handover.no-key',
    'expected the private key of the operator, found openssh.agent in the image file: an agent gives no key away',
    { remedy: 'name its file: --key FILE' },
  );
}
