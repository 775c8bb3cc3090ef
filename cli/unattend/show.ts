import { Command, Option } from 'commander';
import type { Image } from '../../image/index.ts';
import type { AnswerSecrets } from '../../steps/support/answer-files.ts';
import type { AnswerFile } from '../../unattend/model.ts';
import type { Cli } from '../context.ts';
import { loadOrExplain } from '../load.ts';
import { collectVariable, type Variables } from '../variables.ts';

const passes = ['install', 'sysprep'] as const;

interface ShowFlags {
  readonly pass: (typeof passes)[number];
  readonly reveal?: boolean;
  readonly var?: Variables;
}

/** Stands for the password that a build makes up; shown as it is, without Windows' encoding. */
const PLACEHOLDER = 'RANDOM-PASSWORD-OF-THE-BUILD';

/** `ingot unattend show FILE --pass install|sysprep`: the XML of an answer file. */
export function showCommand(cli: Cli): Command {
  return new Command('show')
    .summary('print an answer file that a build would use')
    .description(
      'Prints the answer file that a build of an image file would use. Secrets are neither read nor shown, unless ' +
        '--reveal asks for them; keys that Microsoft publishes are no secrets. Notes go to standard error.',
    )
    .argument('<file>', 'the image file')
    .addOption(
      new Option('--pass <pass>', 'the one for Windows Setup, or the one that Sysprep leaves for the clones')
        .choices(passes)
        .makeOptionMandatory(),
    )
    .option('--reveal', 'show passwords and product keys')
    .option('--var <name=value>', 'value of a variable of the image file; repeat it for more', collectVariable)
    .action((file: string, flags: ShowFlags) => show(cli, file, flags));
}

async function show(cli: Cli, file: string, { pass, reveal = false, var: vars = {} }: ShowFlags): Promise<void> {
  const config = await loadOrExplain(cli, file, { vars, env: cli.env, checkFiles: false });
  if (config === undefined) return;
  const note = (text: string) => void cli.stderr.write(`note: ${cli.redactor.text(text)}\n`);
  const [{ maskSecrets, MASK }, { writeAnswerFile }, { encodePassword }] = await Promise.all([
    import('../../unattend/mask.ts'),
    import('../../unattend/write.ts'),
    import('../../unattend/password.ts'),
  ]);
  const reference = config.windows.administratorPassword;
  const secrets: AnswerSecrets = reveal
    ? {
        administratorPassword: reference === undefined ? PLACEHOLDER : await reference.resolve(),
        read: (secret) => secret.resolve(),
      }
    : { administratorPassword: PLACEHOLDER, read: async () => MASK };
  const made = await answerFile(config, pass, secrets, note);
  let xml = writeAnswerFile(reveal ? made : maskSecrets(made));
  for (const element of ['AdministratorPassword', 'Password'] as const) {
    xml = xml.replaceAll(encodePassword(PLACEHOLDER, element).Value, PLACEHOLDER);
  }
  if (reference === undefined) {
    const shown = reveal ? PLACEHOLDER : MASK;
    note(`the password of Administrator is made up by each build; ${shown} stands in its place`);
  }
  if (!reveal) note('secrets are masked; --reveal shows them');
  cli.stdout.write(xml);
}

async function answerFile(
  config: Image,
  pass: ShowFlags['pass'],
  secrets: AnswerSecrets,
  note: (text: string) => void,
): Promise<AnswerFile> {
  if (pass === 'sysprep') {
    const { sysprepFile } = await import('../../steps/support/sysprep-answer-file.ts');
    return sysprepFile(config, secrets);
  }
  const [{ installFile }, { answeredMedia }] = await Promise.all([
    import('../../steps/support/install-answer-file.ts'),
    import('./media.ts'),
  ]);
  return installFile(config, await answeredMedia(config, note), secrets);
}
