import type { AnswerFile } from '../model.ts';
import { isKeyboard, isLocale, isTimeZone } from '../region.ts';
import type { Rule } from './rule.ts';
import { type SettingSpot, settingSpots, textOf } from './spots.ts';

const CORE = 'Microsoft-Windows-International-Core';
const WINPE = 'Microsoft-Windows-International-Core-WinPE';
const SHELL = 'Microsoft-Windows-Shell-Setup';
const LANGUAGES = ['SystemLocale', 'UILanguage', 'UILanguageFallback', 'UserLocale', 'SetupUILanguage/UILanguage'];

/** Rules on time zone, languages and keyboards. */
export const regionRules: readonly Rule[] = [
  {
    code: 'unattend.time-zone',
    severity: 'error',
    title: 'A time zone is one of Windows’ own names.',
    why: 'Setup stops in specialize at a zone that the registry does not have. The names are those of the Unicode CLDR (windowsZones); `_dstoff` behind one turns daylight saving off (Unattended Windows Setup Reference, TimeZone).',
    remedy: 'Take a name from: tzutil /l. The zone of Berlin is W. Europe Standard Time, not Europe/Berlin.',
    example: {
      at: `specialize/${SHELL}`,
      bad: '<TimeZone>Europe/Berlin</TimeZone>',
      good: '<TimeZone>W. Europe Standard Time</TimeZone>',
    },
    *check(file) {
      for (const spot of settingSpots(file, SHELL, 'TimeZone')) {
        if (!isTimeZone(textOf(spot)))
          yield { spot, message: `expected one of Windows’ time zones, found “${textOf(spot)}”` };
      }
    },
  },
  {
    code: 'unattend.locale',
    severity: 'error',
    title: 'A language is a tag of a known language and region, such as en-US.',
    why: 'Setup stops at a locale that Windows does not know (Unattended Windows Setup Reference, SystemLocale: language-region). Checked are language, script and region by themselves; whether Windows has the pair, and whether the media hold the language, is not.',
    remedy: 'Write language and region, such as en-US or zh-Hans-CN.',
    example: {
      at: `oobeSystem/${CORE}`,
      bad: '<UserLocale>english</UserLocale>',
      good: '<UserLocale>en-GB</UserLocale>',
    },
    *check(file) {
      for (const spot of languageSpots(file)) {
        const value = textOf(spot);
        if (value !== '' && !isLocale(value))
          yield { spot, message: `expected a language such as en-US, found “${value}”` };
      }
    },
  },
  {
    code: 'unattend.keyboard',
    severity: 'error',
    title: 'A keyboard is a language, or language and layout in hexadecimal such as 0409:00000409.',
    why: 'Setup stops at an input locale that it cannot read, or leaves a keyboard that nobody expects (Unattended Windows Setup Reference, InputLocale). Checked are the shape, and that the language identifiers in it are Windows’; whether a layout of that number exists is not.',
    remedy: 'Write a language (en-US), or LANGUAGE:LAYOUT; several are separated by semicolons.',
    example: {
      at: `oobeSystem/${CORE}`,
      bad: '<InputLocale>0409:409</InputLocale>',
      good: '<InputLocale>0409:00010409;de-DE</InputLocale>',
    },
    *check(file) {
      for (const component of [CORE, WINPE]) {
        for (const spot of settingSpots(file, component, 'InputLocale')) {
          const wrong = textOf(spot)
            .split(';')
            .map((part) => part.trim())
            .filter((part) => part !== '' && !isKeyboard(part));
          if (wrong.length > 0)
            yield { spot, message: `expected keyboards such as en-US or 0409:00000409, found “${wrong.join('; ')}”` };
        }
      }
    },
  },
  {
    code: 'unattend.ui-language',
    severity: 'error',
    title: 'Windows is shown in a language that the media hold.',
    why: 'Setup shows its page of languages and waits when UILanguage is not on the media. Only checked where the languages of the media are known.',
    remedy: 'Use a language of the media, or media of the language.',
    example: {
      at: `windowsPE/${WINPE}`,
      bad: '<UILanguage>de-DE</UILanguage>',
      good: '<UILanguage>en-US</UILanguage>\n<UserLocale>de-DE</UserLocale>',
      context: { languages: ['en-US'] },
    },
    *check(file, { languages }) {
      const held = languages?.map((language) => language.toLowerCase());
      for (const component of held === undefined ? [] : [CORE, WINPE]) {
        for (const path of ['UILanguage', 'SetupUILanguage/UILanguage']) {
          for (const spot of settingSpots(file, component, path)) {
            const value = textOf(spot);
            if (value !== '' && !held?.includes(value.toLowerCase()))
              yield { spot, message: `expected a language of the media (${languages?.join(', ')}), found “${value}”` };
          }
        }
      }
    },
  },
];

function* languageSpots(file: AnswerFile): Generator<SettingSpot> {
  for (const component of [CORE, WINPE]) {
    for (const path of LANGUAGES) yield* settingSpots(file, component, path);
  }
}
