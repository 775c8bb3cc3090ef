import { IngotError } from '../../common/failure.ts';
import type { Image, Secret } from '../../image/index.ts';
import type { SourceLogin } from './login.ts';

/** Administrator's password in the Windows of a clone of the source, where the image file names it. */
export function namedPassword({ source, windows }: Image): Secret | undefined {
  const { customization } = source ?? {};
  const given = customization?.kind === 'fields' ? customization.password : undefined;
  return given ?? windows.administratorPassword;
}

/**
 * How the build gets into the Windows of the source for the first time: over SSH, whose host key the image file names, or
 * through VMware Tools, which need Administrator's password and then tell the host keys.
 *
 * @throws IngotError `source.no-way-in`
 */
export function wayIn(image: Image, login: SourceLogin | 'later' | undefined): 'ssh' | 'vmtools' {
  if (image.communicator !== 'vmtools' && image.source?.hostKeys !== undefined) return 'ssh';
  // Sysprep of a customization takes the password away that a build has derived.
  if (namedPassword(image) !== undefined) return 'vmtools';
  if (login !== undefined && image.source?.customization === undefined) return 'vmtools';
  throw new IngotError(
    'source.no-way-in',
    `expected a way into the Windows of ${image.source?.name}, found neither a password of Administrator nor a host key of its SSH server`,
    {
      remedy:
        'set windows.administratorPassword to the password that Windows has there, or name its host keys in source.hostKeys (C:\\ProgramData\\ssh\\ssh_host_*_key.pub)',
    },
  );
}
