import { keys } from '../../image/names.ts';
import type { Vcenter } from '../vcenter/index.ts';

/** Makes room for a new master: an old one goes, with the answer disc that it may still hold. */
export async function removeStaleMaster(
  center: Vcenter,
  name: string,
  progress: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const stale = await center.look('master', signal);
  if (stale === undefined) return;
  progress(`Deleting ${name}: its inputs changed, or an earlier build broke off before Windows was there`);
  await center.destroy('master', signal);
  const disc = stale.extraConfig.get(keys.disc) ?? '';
  if (disc !== '') await center.files.delete(disc, signal);
}
