import type { RegistryType } from './schema/registry.ts';
import { Secret } from './secret.ts';

/** Where a setting lies: `HKLM`, `HKU\.DEFAULT` or `HKU\Default`, and the key below, without a backslash at either end. */
export interface RegistryKey {
  readonly hive: 'HKLM' | 'HKU\\.DEFAULT' | 'HKU\\Default';
  readonly key: string;
}

const HIVES: readonly (readonly [RegExp, RegistryKey['hive']])[] = [
  [/^(HKLM|HKEY_LOCAL_MACHINE)\\+/i, 'HKLM'],
  [/^(HKU|HKEY_USERS)\\+\.DEFAULT\\+/i, 'HKU\\.DEFAULT'],
  [/^(HKU|HKEY_USERS)\\+Default\\+/i, 'HKU\\Default'],
];
/** Only SYSTEM may write there, and an image that shares them with its clones would be none. */
const CLOSED = /^(SAM|SECURITY)(\\|$)/i;
/** Longest name of a key between two backslashes (Microsoft, “Registry Element Size Limits”). */
const LONGEST_KEY = 255;

/** A registry path in its parts, or why it is none that ingot writes to. */
export function registryKey(path: string): RegistryKey | { readonly found: string; readonly remedy: string } {
  const [pattern, hive] = HIVES.find(([start]) => start.test(path)) ?? [];
  if (pattern === undefined || hive === undefined) {
    const user = /^(HKCU|HKEY_CURRENT_USER)\\/i.test(path);
    return {
      found: user ? 'the hive of the user who builds' : 'another hive',
      remedy: user
        ? 'write HKU\\Default for the users of the clones; a script of your own reaches Administrator'
        : 'write HKLM, HKU\\.DEFAULT or HKU\\Default',
    };
  }
  const key = path.replace(pattern, '').replace(/\\+/g, '\\').replace(/\\$/, '');
  if (key === '') return { found: 'no key below the hive', remedy: 'name the key' };
  if (hive === 'HKLM' && CLOSED.test(key)) return { found: 'a hive of accounts', remedy: 'use net.exe or secedit.exe' };
  const long = key.split('\\').some((part) => part.length > LONGEST_KEY);
  if (long) return { found: 'a name of more than 255 characters', remedy: 'shorten the names between backslashes' };
  return { hive, key };
}

/** What travels to Windows: text, texts, DWord as a number, QWord as decimal digits, Binary as hexadecimal digits. */
export type RegistryData = string | number | readonly string[] | Secret;

const MOST: Readonly<Record<'DWord' | 'QWord', bigint>> = { DWord: 2n ** 32n - 1n, QWord: 2n ** 64n - 1n };

/** A value of the image file in its one form for its type, or what was expected instead. */
export function registryData(
  type: RegistryType,
  value: string | number | readonly string[] | Secret,
): { readonly data: RegistryData } | { readonly expected: string } {
  switch (type) {
    case 'String':
    case 'ExpandString':
      if (typeof value === 'string' || value instanceof Secret) return { data: value };
      return { expected: `text for ${type}: quote what YAML takes for a number` };
    case 'MultiString':
      // An empty text ends the list in the registry: what follows would be lost.
      if (isTexts(value) && value.every((text) => text !== '')) return { data: value };
      return { expected: 'a list of texts for MultiString, none of them empty' };
    case 'DWord':
    case 'QWord': {
      const number = wholeNumber(value);
      if (number === undefined || number < 0n || number > MOST[type]) {
        return { expected: `a whole number from 0 to ${type === 'DWord' ? '2^32' : '2^64'} - 1 for ${type}` };
      }
      return { data: type === 'DWord' ? Number(number) : number.toString() };
    }
    case 'Binary': {
      const digits = typeof value === 'string' ? value.replace(/[\s,]+/g, '') : undefined;
      if (digits === undefined || !/^([0-9a-fA-F]{2})*$/.test(digits)) {
        return { expected: 'bytes in hexadecimal for Binary, such as "de ad be ef"' };
      }
      return { data: digits.toLowerCase() };
    }
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^(\d{1,20}|0[xX][0-9a-fA-F]{1,16})$/.test(value) ? BigInt(value) : undefined;
}
