import { IngotError } from '../../common/failure.ts';
import type { BootstrapReport } from '../../guest/reports.ts';
import type { Image } from '../../image/index.ts';
import { checkUsername } from '../support/setup-failures.ts';

type Ready = Extract<BootstrapReport, { state: 'ready' }>;

/**
 * Whether the Windows of the source is the one that the image file describes: answer file, updates and the product key of
 * the clones go by that.
 *
 * @throws IngotError `source.windows`, `openssh.username`
 */
export function checkWindows(image: Image, { os, username }: Pick<Ready, 'os' | 'username'>): void {
  const { version, build, edition, installationType } = image.windows;
  const wrong = [
    ...(Number(os.build.split('.')[0]) === build ? [] : ['windows.version']),
    // ServerStandard, ServerStandardCor, ServerDatacenterACor …, and the same with Eval behind it.
    ...(os.edition.toLowerCase().startsWith(`server${edition.toLowerCase()}`) ? [] : ['windows.edition']),
    ...(os.installationType === installationType ? [] : ['windows.installationType']),
  ];
  if (wrong.length > 0) {
    const found = `${os.build} ${os.edition} (${os.installationType})`;
    const wanted = `Windows Server ${version} (build ${build}) ${edition}, ${installationType}`;
    throw new IngotError('source.windows', `expected ${wanted} in ${image.source?.name}, found ${found}`, {
      remedy: `correct ${wrong.join(' and ')}, or name another source`,
    });
  }
  checkUsername(image, username);
}

/** @throws IngotError `source.ssh` */
export function checkSsh(image: Image, sshd: { readonly status: string }, hostKeys: readonly string[]): void {
  if (hostKeys.length > 0) return;
  const found = sshd.status === 'Missing' ? 'none' : 'no host keys';
  throw new IngotError(
    'source.ssh',
    `expected OpenSSH Server in the Windows of ${image.source?.name}, found ${found}`,
    {
      remedy: 'install OpenSSH Server in the source and start it once: a build installs it only together with Windows',
    },
  );
}
