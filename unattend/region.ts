import { LANGUAGE_IDS, TIME_ZONES } from './windows-names.gen.ts';

const zones = new Set(TIME_ZONES.map((name) => name.toLowerCase()));
const languageIds = new Set(LANGUAGE_IDS);

/** Languages of layouts that belong to no one language (LOCALE_CUSTOM_UNSPECIFIED and the one for new layouts). */
const WITHOUT_LANGUAGE = ['0c00', '1000'];

/** Whether Windows has a time zone of this name; `_dstoff` at its end turns daylight saving off. */
export function isTimeZone(name: string): boolean {
  return zones.has(name.replace(/_dstoff$/, '').toLowerCase());
}

/**
 * Whether a tag names a language, a script if any, and a region that are known (Intl, from CLDR). Neutral tags such as
 * `en` are not locales for Windows Setup.
 */
export function isLocale(tag: string): boolean {
  const locale = parsed(tag);
  if (locale?.region === undefined) return false;
  const { language, script, region } = locale;
  return (
    isKnown('language', language) && isKnown('region', region) && (script === undefined || isKnown('script', script))
  );
}

/** Whether a text is one keyboard: a language tag, `LANGUAGE:LAYOUT`, or `LANGUAGE:{CLSID}{PROFILE}` of an input method. */
export function isKeyboard(text: string): boolean {
  const layout = /^([0-9A-Fa-f]{4}):([0-9A-Fa-f]{4})([0-9A-Fa-f]{4})$/.exec(text);
  if (layout !== null) return isLanguageId(layout[1] ?? '') && isLanguageId(layout[3] ?? '');
  const method = /^([0-9A-Fa-f]{4}):\{[0-9A-Fa-f-]{36}\}\{[0-9A-Fa-f-]{36}\}$/.exec(text);
  if (method !== null) return isLanguageId(method[1] ?? '');
  return isLocale(text);
}

function isLanguageId(id: string): boolean {
  return languageIds.has(id.toLowerCase()) || WITHOUT_LANGUAGE.includes(id.toLowerCase());
}

function parsed(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch {
    return undefined;
  }
}

type Part = 'language' | 'region' | 'script';

/** Made once each, and only when asked for: making one takes as long as linting a whole file. */
const names = new Map<Part, Intl.DisplayNames>();

function isKnown(type: Part, code: string): boolean {
  const known = names.get(type) ?? new Intl.DisplayNames('en', { type, fallback: 'none' });
  names.set(type, known);
  return known.of(code) !== undefined;
}
