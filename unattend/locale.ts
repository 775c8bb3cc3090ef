import type { SettingTree } from './settings.ts';

/** Languages and keyboard, as Windows names them. */
export interface Locale {
  /** Keyboard: a language tag, or language and layout in hexadecimal such as `0409:00000409`. */
  readonly input: string;
  readonly system: string;
  readonly ui: string;
  readonly user: string;
}

/**
 * Settings that Microsoft-Windows-International-Core and its WinPE sibling share.
 * Source: Unattended Windows Setup Reference, Microsoft-Windows-International-Core.
 */
export function internationalSettings(locale: Locale): SettingTree {
  return {
    InputLocale: locale.input,
    SystemLocale: locale.system,
    UILanguage: locale.ui,
    UserLocale: locale.user,
  };
}
