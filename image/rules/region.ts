import { isKeyboard, isLocale, isTimeZone } from '../../unattend/region.ts';
import { TIME_ZONES } from '../../unattend/windows-names.gen.ts';
import { nearest } from '../nearest.ts';
import { type Finding, show } from '../problem.ts';
import type { Rule } from './rule.ts';

/** The languages of Windows Server (Microsoft, “Available languages for Windows”): looking one up takes 15 ms. */
const PUBLISHED: ReadonlySet<string> = new Set(
  'cs-CZ de-DE en-US es-ES fr-FR hu-HU it-IT ja-JP ko-KR nl-NL pl-PL pt-BR pt-PT ru-RU sv-SE tr-TR zh-CN zh-TW'.split(
    ' ',
  ),
);

const isKnownLocale = (tag: string) => PUBLISHED.has(tag) || isLocale(tag);
const isKnownKeyboard = (keyboard: string) => PUBLISHED.has(keyboard) || isKeyboard(keyboard);

/** Setup stops at a time zone, a language or a keyboard that Windows does not know. */
export const region: Rule = ({ windows }) => {
  const { timeZone, inputLocale } = windows ?? {};
  const findings: Finding[] = [];
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const near = nearest(timeZone, TIME_ZONES);
    findings.push({
      path: ['windows', 'timeZone'],
      code: 'windows.time-zone',
      expected: "a Windows time zone such as UTC or 'W. Europe Standard Time'",
      found: show(timeZone),
      remedy: near === undefined ? 'see the list with: tzutil /l' : `write ${near}`,
    });
  }
  for (const key of ['locale', 'uiLanguage'] as const) {
    const tag = windows?.[key];
    if (tag === undefined || isKnownLocale(tag)) continue;
    findings.push({
      path: ['windows', key],
      code: 'windows.locale',
      expected: 'a language and a region that exist, such as en-US',
      found: show(tag),
      remedy: proposedTag(tag),
    });
  }
  if (inputLocale !== undefined && !isKnownKeyboard(inputLocale)) {
    const layout = inputLocale.includes(':');
    findings.push({
      path: ['windows', 'inputLocale'],
      code: 'windows.keyboard',
      expected: 'a keyboard such as en-US or 0409:00000409',
      found: show(inputLocale),
      remedy: layout ? 'write a language and a layout that Windows has, or a language tag' : proposedTag(inputLocale),
    });
  }
  return findings;
};

/** The language with the region in which most people speak it: `de-DE` for `de-XX`. */
function proposedTag(tag: string): string {
  const language = tag.split('-')[0] ?? '';
  const { region: country } = new Intl.Locale(language).maximize();
  const near = `${language.toLowerCase()}-${country}`;
  return country !== undefined && isLocale(near) ? `write ${near}` : 'correct it: language, hyphen, region';
}
