import { IngotError } from '../../common/failure.ts';
import type { Redactor } from '../../common/redactor.ts';
import { Shared } from '../../guest/shared.ts';
import type { Image } from '../../image/index.ts';
import { keys, type Role } from '../../image/names.ts';
import { readExtraConfig } from '../../vsphere/extra-config.ts';
import type { BuildEnv } from '../define.ts';
import { parseLogin, type SourceLogin } from '../source/login.ts';
import { namedPassword } from '../source/way-in.ts';
import { registerPassword } from './answer-files.ts';
import { derivedPassword } from './password.ts';

/**
 * Administrator's password in the Windows of a role. The image file's where it names one. Otherwise it is derived, so that
 * any runner with the same image file can go on with a build, and stored nowhere: from a secret that each of them has, and
 * the salt of the master (`ingot.salt`). The clone has the master's disk, and so its password, until it is sealed.
 *
 * @throws IngotError `vm.missing`, `vm.no-salt`
 */
export function buildPassword(
  image: Image,
  redactor: Redactor,
  env: Pick<BuildEnv, 'vcenter' | 'held'>,
): BuildEnv['password'] {
  const made = new Map<string, string>();
  const making = new Map<string, Shared<string>>();
  return async (role, signal) => {
    const purpose = purposeOf(role);
    const known = made.get(purpose);
    if (known !== undefined) return known;
    const shared = making.get(purpose) ?? new Shared<string>();
    making.set(purpose, shared);
    return shared.get(signal, async () => {
      const password = await make(purpose, signal);
      made.set(purpose, password);
      return password;
    });
  };

  async function make(purpose: string, signal: AbortSignal): Promise<string> {
    const cloned = purpose === 'installation' && image.source !== undefined;
    const own = await (cloned ? namedPassword(image) : image.windows.administratorPassword)?.resolve();
    const password =
      own ?? (await derived(cloned ? await loginOfSource(signal) : { salt: await salt(signal), purpose }));
    await registerPassword(redactor, password);
    return password;
  }

  async function derived(from: { readonly salt: string; readonly purpose: string }): Promise<string> {
    return derivedPassword({ ...(await secretOf(image)), ...from });
  }

  /** Windows was not installed: it has the password that its source has. */
  async function loginOfSource(signal: AbortSignal): Promise<SourceLogin> {
    const center = await env.vcenter();
    const { vm, name } = await center.master(signal);
    const found = parseLogin((await readExtraConfig(center.vc, vm, { signal })).get(keys.sourceLogin));
    if (found !== undefined) return found;
    throw new IngotError(
      'vm.no-salt',
      `expected the salt of its password on ${name} (${keys.sourceLogin}), found none`,
      {
        remedy: 'set windows.administratorPassword to the password that Windows has in the source, and build again',
      },
    );
  }

  /** The master that this build makes has the one that its answer disc was written with. */
  async function salt(signal: AbortSignal): Promise<string> {
    if (env.held.salt !== undefined) return env.held.salt;
    const center = await env.vcenter();
    const { name } = await center.master(signal);
    const found = (await center.look('master', signal))?.extraConfig.get(keys.salt) ?? '';
    if (/^[0-9a-f]{32}$/.test(found)) return found;
    throw new IngotError('vm.no-salt', `expected the salt of its passwords on ${name} (${keys.salt}), found none`, {
      remedy: `an older ingot made ${name}, or somebody removed the key: delete the VM, and build again`,
    });
  }
}

/** What is installed on the master, and what the first start of a clone of the template sets. */
function purposeOf(role: Role): string {
  return role === 'master' || role === 'candidate' ? 'installation' : 'template';
}

/** Each runner that can go on with the build has the key that logs in; where an agent holds it, vCenter's password. */
async function secretOf({ openssh, vcenter }: Image): Promise<{ secret: string; guessable: boolean }> {
  const key = await openssh.privateKey?.resolve();
  if (key === undefined) return { secret: await vcenter.password.resolve(), guessable: true };
  // Line ends and indents of a key file may differ from one runner to the next.
  const passphrase = (await openssh.passphrase?.resolve()) ?? '';
  return { secret: `${key.replace(/\s+/g, '')}\0${passphrase}`, guessable: false };
}
