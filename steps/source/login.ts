import { keys } from '../../image/names.ts';

/**
 * What the password of Administrator in a source was derived with (support/password.ts), where a build of ours set it:
 * whoever has the private key of the image file can derive it again.
 */
export interface SourceLogin {
  readonly salt: string;
  readonly purpose: 'installation' | 'template';
}

type ExtraConfig = ReadonlyMap<string, string>;

/** Of a master; undefined for anything else. One that was itself made from a source keeps the password of that. */
export function loginOfMaster(extraConfig: ExtraConfig): SourceLogin | undefined {
  if (extraConfig.get(keys.role) !== 'master') return undefined;
  if (extraConfig.has(keys.sourceLogin)) return parseLogin(extraConfig.get(keys.sourceLogin));
  return parseLogin(`installation ${extraConfig.get(keys.salt) ?? ''}`);
}

/**
 * Of a template. The salt is not on it (docs/decisions/vmtools-communicator.md) but on the master that it was made of, which
 * is kept between builds. A master that was made by a later build than the template is another one.
 */
export function loginOfTemplate(template: ExtraConfig, masters: readonly ExtraConfig[]): SourceLogin | undefined {
  const [image, build = ''] = [template.get(keys.image), template.get(keys.build)];
  if (image === undefined || template.get(keys.role) !== 'template') return undefined;
  const [master, other] = masters.filter((one) => one.get(keys.role) === 'master' && one.get(keys.image) === image);
  // Ids of builds sort by time.
  if (master === undefined || other !== undefined || (master.get(keys.build) ?? '~') > build) return undefined;
  return parseLogin(`template ${master.get(keys.salt) ?? ''}`);
}

/** As it stands on a master, under `ingot.source.login`. */
export const loginText = ({ purpose, salt }: SourceLogin): string => `${purpose} ${salt}`;

export function parseLogin(text: string | undefined): SourceLogin | undefined {
  const [, purpose, salt] = /^(installation|template) ([0-9a-f]{32})$/.exec(text ?? '') ?? [];
  if (salt === undefined || (purpose !== 'installation' && purpose !== 'template')) return undefined;
  return { salt, purpose };
}
