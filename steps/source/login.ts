import { keys } from '../../image/names.ts';

/**
 * What the password of Administrator in a source was derived with (support/password.ts), where a build of ours set it:
 * whoever has the private key of the image file can derive it again.
 */
export interface SourceLogin {
  readonly salt: string;
  readonly purpose: 'installation' | 'template';
}

/** Of a VM or template by its extraConfig; undefined where no password was derived, or nobody could know it. */
export function loginOf(extraConfig: ReadonlyMap<string, string>): SourceLogin | undefined {
  const role = extraConfig.get(keys.role);
  // A master that was itself made from a source keeps the password of that.
  if (role === 'master' && extraConfig.has(keys.sourceLogin)) return parseLogin(extraConfig.get(keys.sourceLogin));
  const purpose = role === 'template' ? 'template' : role === 'master' ? 'installation' : '';
  return parseLogin(`${purpose} ${extraConfig.get(keys.salt) ?? ''}`);
}

/** As it stands on a master, under `ingot.source.login`. */
export const loginText = ({ purpose, salt }: SourceLogin): string => `${purpose} ${salt}`;

export function parseLogin(text: string | undefined): SourceLogin | undefined {
  const [, purpose, salt] = /^(installation|template) ([0-9a-f]{32})$/.exec(text ?? '') ?? [];
  if (salt === undefined || (purpose !== 'installation' && purpose !== 'template')) return undefined;
  return { salt, purpose };
}
