import type { OpenedMedia } from './open.ts';
import type { FittingSettings } from './settings.ts';

/** Lines of YAML for an image file. What its defaults say already is left out, but for what a reader looks for. */
export function fragment({ kind, text }: OpenedMedia['location'], settings: FittingSettings): string[] {
  const { version, edition, installationType, select, productKey, uiLanguage } = settings;
  const hidden = kind === 'url' && text.endsWith('?…');
  return [
    'windows:',
    `  version: ${/^\d+$/.test(version) ? `'${version}'` : version}`,
    ...(edition === null ? [] : [`  edition: ${edition}`]),
    `  installationType: ${installationType}`,
    ...(productKey === 'none' ? ['  productKey: none'] : []),
    ...(uiLanguage.toLowerCase() === 'en-us' ? [] : [`  uiLanguage: ${scalar(uiLanguage)}`]),
    'media:',
    `  iso: ${scalar(hidden ? text.slice(0, -2) : text)}${hidden ? ' # and its query, which is not shown here' : ''}`,
    ...(kind === 'url' ? ["  sha256: # the publisher's: a URL needs it"] : []),
    ...(select === null ? [] : [`  edition: ${scalar(String(select))}`]),
  ];
}

/** As it is where YAML reads it back so; else in double quotes, whose escapes are those of JSON, also for what JSON leaves. */
function scalar(text: string): string {
  return /^[A-Za-z/][\w./:-]*$/.test(text) && !/:$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : JSON.stringify(text).replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
