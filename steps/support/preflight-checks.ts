import { stat } from 'node:fs/promises';
import { IngotError } from '../../common/failure.ts';
import type { Redactor } from '../../common/redactor.ts';
import { type Image, readHostKeys, type Secret } from '../../image/index.ts';
import { GIB } from '../../image/units.ts';
import type { BuildEnv } from '../define.ts';
import type { CheckContext } from '../publish/target.ts';
import { publishes } from '../publish/targets.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { registerPassword } from './answer-files.ts';
import { tooSimple } from './password.ts';

/** Exactly those of the steps that this image asks for. What cannot be read of the media is inspect-media's failure. */
export async function checkRights(
  image: Image,
  center: Vcenter,
  { iso, source }: Pick<BuildEnv, 'iso' | 'source'>,
  signal: AbortSignal,
): Promise<void> {
  const [facts, from, { datastore }, { graphOf }, { neededFor }] = await Promise.all([
    iso.facts().catch(() => undefined),
    image.source && source(),
    center.placement(signal),
    import('../index.ts'), // which imports this file
    import('../privileges/compute.ts'),
  ]);
  const { topLevelDirectories } = datastore;
  const known = { image, topLevelDirectories, bootPrompt: facts?.bootPrompt };
  const needed = neededFor(graphOf(image), known, ['build', 'publish'], { unsure: false });
  await center.checkPrivileges(needed, from?.kind === 'vm' ? { source: [from.vm] } : {}, signal);
}

/** Thin disks grow: the system disk of the master and of the full clone, and the ISO, must fit. */
export async function checkSpace(image: Image, free: number, datastore: string): Promise<void> {
  const { iso } = image.media;
  const media =
    iso?.kind === 'file'
      ? await stat(iso.path).then(
          (info) => info.size,
          () => 0,
        )
      : 0;
  // What Windows Server Core with updates and a container runtime takes; a thin disk is never larger than its size.
  const used = Math.min(image.hardware.disk, 24 * GIB);
  const needed = 2 * used + media;
  if (free >= needed) return;
  throw new IngotError(
    'datastore.full',
    `expected ${Math.ceil(needed / GIB)} GiB free on datastore ${datastore} (master, clone and ISO), found ${Math.floor(free / GIB)} GiB`,
    { remedy: 'free space, or name another datastore in placement.datastore' },
  );
}

/** It is there, it can be cloned, and there is a way into its Windows. */
export async function checkSource(image: Image, source: BuildEnv['source']): Promise<void> {
  if (image.source === undefined) return;
  const [{ login }, { wayIn }] = await Promise.all([source(), import('../source/way-in.ts')]);
  wayIn(image, login);
  await readHostKeys(image);
}

/** The Tools ISO of the host lies in a namespace of its own (`[]`), which cannot be searched: CreateVM will tell. */
export async function checkTools(image: Image, { files, media }: Vcenter, signal: AbortSignal): Promise<void> {
  if (image.source !== undefined) return;
  const { toolsIso } = image.media;
  if (toolsIso.kind === 'url') {
    throw new IngotError(
      'media.location',
      `expected media.toolsIso on this machine or a datastore, found ${toolsIso.url}`,
      {
        remedy: 'download it first and name the local file',
      },
    );
  }
  if (toolsIso.kind === 'library') await media.pathOf(toolsIso, signal);
  if (toolsIso.kind !== 'datastore' || toolsIso.path.startsWith('[]')) return;
  if (await files.exists(toolsIso.path, signal)) return;
  throw new IngotError('media.missing', `expected the VMware Tools ISO at ${toolsIso.path}, found no such file`, {
    remedy: 'upload it there, or correct media.toolsIso',
  });
}

/** Setup refuses it at its very end (0x800708C5), and so would the first start of each clone. */
export async function checkPasswords({ windows, source, openssh }: Image, redactor: Redactor): Promise<void> {
  const { customization } = source ?? {};
  const own = customization?.kind === 'fields' ? customization.password : undefined;
  if (own !== undefined && own !== windows.administratorPassword)
    await checkPassword(own, 'source.customization.password', openssh.username, redactor);
  const { administratorPassword } = windows;
  if (administratorPassword !== undefined)
    await checkPassword(administratorPassword, 'windows.administratorPassword', openssh.username, redactor);
}

async function checkPassword(secret: Secret, field: string, username: string, redactor: Redactor): Promise<void> {
  const password = await secret.resolve();
  await registerPassword(redactor, password);
  const found = tooSimple(password, username);
  if (found === undefined) return;
  throw new IngotError(
    field.startsWith('windows.') ? 'windows.administrator-password' : 'source.customization',
    `expected ${field} to hold three of upper case, lower case, digits and other characters, and not the account’s name, found ${found}`,
    {
      remedy: field.startsWith('windows.')
        ? `choose another password, or leave ${field} out: each build then makes its own`
        : 'choose another password',
    },
  );
}

/** A build of two hours must not fail at its end for a library that was never there. */
export async function checkPublishing(context: CheckContext): Promise<void> {
  if (!publishes(context.image)) return;
  const { checkTargets } = await import('../publish/run.ts');
  await checkTargets(context);
}
