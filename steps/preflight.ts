import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { type Failure, IngotError } from '../common/failure.ts';
import type { Redactor } from '../common/redactor.ts';
import { type Image, readHostKeys, type Secret } from '../image/index.ts';
import { toFailure } from '../pipeline/failures.ts';
import { type BuildEnv, defineStep } from './define.ts';
import type { CheckContext } from './publish/target.ts';
import { publishes } from './publish/targets.ts';
import { registerPassword } from './support/answer-files.ts';
import { tooSimple } from './support/password.ts';
import type { Vcenter } from './vcenter/index.ts';

const GiB = 2 ** 30;

/**
 * Everything that would fail later and can be known now: objects of the inventory, names, rights, space, media. All
 * problems are found in one go and nothing is changed.
 */
export const preflight = defineStep({
  id: 'preflight',
  title: 'Check vCenter',
  recorded: false,
  output: z.object({ guestId: z.string(), server: z.string(), freeBytes: z.number() }),
  timeout: (image) => image.timeouts.task + 2 * image.timeouts.lease,
  async run({ vcenter, config, iso, source, lease, redactor, signal, progress, log, warn }) {
    const center = await vcenter();
    progress('Looking up placement, names and rights');
    const place = await center.placement(signal);
    const [guestId, ...checks] = await Promise.allSettled([
      center.guestId(config.hardware.guestIds, config.hardware.version, signal),
      center.find('master', signal),
      center.find('candidate', signal),
      center.find('template', signal),
      center.find('smoke', signal),
      checkRights(config, center, { iso, source }, signal),
      checkSpace(config, place.datastore.freeSpace, place.datastore.name),
      checkTools(config, center, signal),
      checkSource(config, source),
      checkPasswords(config, redactor),
      checkPublishing({ image: config, center, redactor, signal, warn }),
    ]);
    signal.throwIfAborted(); // another step failed, or the user interrupted: these are no findings of vCenter's
    const failures = [guestId, ...checks]
      .filter((check) => check.status === 'rejected')
      .map((check) => toFailure(check.reason));
    if (failures.length > 0 || guestId.status === 'rejected') throw merged(failures);
    // From here on things are changed, and what was found must stay true.
    await lease.take({ progress, log }, signal);
    // Another build may have ended since they were looked up: its candidate is the template by now.
    for (const role of ['master', 'candidate', 'template', 'smoke'] as const) center.forget(role);
    return { guestId: guestId.value, server: center.about, freeBytes: place.datastore.freeSpace };
  },
  async verify({ vcenter, signal, names }, { guestId, server, freeBytes }) {
    const place = await (await vcenter()).placement(signal);
    return [
      `${server}; ${place.description}`,
      `guest OS id ${guestId}, ${Math.floor(freeBytes / GiB)} GiB free, names ${names.master} and ${names.template} are ours to use`,
    ];
  },
});

/** Exactly those of the steps that this image asks for. What cannot be read of the media is inspect-media's failure. */
async function checkRights(
  image: Image,
  center: Vcenter,
  { iso, source }: Pick<BuildEnv, 'iso' | 'source'>,
  signal: AbortSignal,
): Promise<void> {
  const [facts, from, { datastore }, { graphOf }, { neededFor }] = await Promise.all([
    iso.facts().catch(() => undefined),
    image.source && source(),
    center.placement(signal),
    import('./index.ts'), // which imports this file
    import('./privileges/compute.ts'),
  ]);
  const { topLevelDirectories } = datastore;
  const known = { image, topLevelDirectories, bootPrompt: facts?.bootPrompt };
  const needed = neededFor(graphOf(image), known, ['build', 'publish'], { unsure: false });
  await center.checkPrivileges(needed, from?.kind === 'vm' ? { source: [from.vm] } : {}, signal);
}

/** Thin disks grow: the system disk of the master and of the full clone, and the ISO, must fit. */
async function checkSpace(image: Image, free: number, datastore: string): Promise<void> {
  const { iso } = image.media;
  const media =
    iso?.kind === 'file'
      ? await stat(iso.path).then(
          (info) => info.size,
          () => 0,
        )
      : 0;
  // What Windows Server Core with updates and a container runtime takes; a thin disk is never larger than its size.
  const used = Math.min(image.hardware.disk, 24 * GiB);
  const needed = 2 * used + media;
  if (free >= needed) return;
  throw new IngotError(
    'datastore.full',
    `expected ${Math.ceil(needed / GiB)} GiB free on datastore ${datastore} (master, clone and ISO), found ${Math.floor(free / GiB)} GiB`,
    { remedy: 'free space, or name another datastore in placement.datastore' },
  );
}

/** It is there, it can be cloned, and there is a way into its Windows. */
async function checkSource(image: Image, source: BuildEnv['source']): Promise<void> {
  if (image.source === undefined) return;
  const [{ login }, { wayIn }] = await Promise.all([source(), import('./source/way-in.ts')]);
  wayIn(image, login);
  await readHostKeys(image);
}

/** The Tools ISO of the host lies in a namespace of its own (`[]`), which cannot be searched: CreateVM will tell. */
async function checkTools(image: Image, { files, media }: Vcenter, signal: AbortSignal): Promise<void> {
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
async function checkPasswords({ windows, source, openssh }: Image, redactor: Redactor): Promise<void> {
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
async function checkPublishing(context: CheckContext): Promise<void> {
  if (!publishes(context.image)) return;
  const { checkTargets } = await import('./publish/run.ts');
  await checkTargets(context);
}

/** One failure that tells of all: the first one's code, and every message and remedy. */
function merged(failures: readonly Failure[]): IngotError {
  const [first] = failures;
  // What several checks have looked up is told once.
  const rest = failures
    .slice(1)
    .filter(({ message }, index) => failures.findIndex((one) => one.message === message) > index);
  if (first === undefined) return new IngotError('preflight', 'vCenter is not ready');
  const { code, message, remedy, evidence = [], retryable, unreachable, timedOut } = first;
  const more = rest.flatMap((failure) => [
    `also: ${failure.message}${failure.remedy === undefined ? '' : `; ${failure.remedy}`}`,
    ...(failure.evidence ?? []),
  ]);
  return new IngotError(code, message, {
    remedy,
    evidence: [...evidence, ...more],
    retryable,
    unreachable,
    timedOut,
  });
}
