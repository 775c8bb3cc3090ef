import { existsSync } from 'node:fs';
import type { Image } from '../../image/index.ts';
import type { AnsweredMedia } from '../../steps/support/install-answer-file.ts';

/**
 * Which image the answer file of Setup names: read from the ISO where it is a file of this machine, else by what such
 * images are usually called.
 */
export async function answeredMedia(config: Image, note: (text: string) => void): Promise<AnsweredMedia> {
  const { iso } = config.media;
  if (iso?.kind !== 'file' || !existsSync(iso.path)) {
    const found = iso?.kind === 'file' ? `there is no ${iso.path}` : 'the ISO is not on this machine';
    const image = usualImage(config);
    const what = 'index' in image ? `index ${image.index}` : `name (${image.name})`;
    note(`${found}: the image is named by its ${what}, as of media that are not for evaluation; a build reads the ISO`);
    return { image, evaluation: false };
  }
  const [{ openFileSource }, { readFacts }] = await Promise.all([
    import('../../iso/source.ts'),
    import('../../steps/media/facts.ts'),
  ]);
  const source = await openFileSource(iso.path);
  try {
    const { image, evaluation } = await readFacts(config, source);
    return { image, evaluation };
  } finally {
    await source.close();
  }
}

/** `Windows Server 2022 SERVERSTANDARDCORE`; on media of the semi-annual channel `Windows Server SERVERSTANDARDACORE`. */
function usualImage({ media, windows }: Image): AnsweredMedia['image'] {
  const { edition: select } = media;
  if (select !== undefined && /^\d+$/.test(select)) return { index: Number(select) };
  if (select?.startsWith('Windows ') === true) return { name: select };
  const edition = /^Server(Standard|Datacenter)/i.exec(select ?? '')?.[1] ?? windows.edition;
  const annual = windows.version === '20H2';
  const core = windows.installationType === 'Server Core' ? (annual ? 'ACORE' : 'CORE') : '';
  const name = `SERVER${edition.toUpperCase()}${core}`;
  return { name: annual ? `Windows Server ${name}` : `Windows Server ${windows.version} ${name}` };
}
