import { type Finding, quote } from '../problem.ts';
import { registryData, registryKey } from '../registry.ts';
import type { Rule } from './rule.ts';

/** Names under which Windows and much software keep a password in clear. */
const SECRET_NAME = /pass(word|phrase|wd)|secret|token|private_?key/i;

/** Keys, types and values that fit each other; each value once. */
export const registry: Rule = ({ registry: settings }, raw) => {
  const seen = new Set<string>();
  return (settings ?? []).flatMap((setting, index): Finding[] => {
    const path = ['registry', index];
    if (setting?.path === undefined) return [];
    const key = registryKey(setting.path);
    if ('found' in key) {
      return [
        {
          path: [...path, 'path'],
          code: 'registry.hive',
          expected: 'a key below HKLM, HKU\\.DEFAULT or HKU\\Default',
          ...key,
        },
      ];
    }
    // Windows compares the names of keys and values without regard to case.
    const place = `${key.hive}\\${key.key}\0${setting.name ?? ''}`.toLowerCase();
    const repeated = seen.has(place);
    seen.add(place);
    if (repeated) {
      return [
        {
          path: [...path, 'path'],
          code: 'registry.duplicate',
          expected: 'each value once',
          found: `${quote(setting.name ?? '', 60)} of the same key a second time`,
          remedy: 'remove one of the two',
        },
      ];
    }
    const has = (field: string) => raw([...path, field]) !== undefined;
    const wrong = (field: string, expected: string, found: string, remedy: string): Finding => ({
      path: has(field) ? [...path, field] : path,
      atKey: has(field),
      code: 'registry.value',
      expected,
      found,
      remedy,
    });
    if (has('absent')) {
      const other = ['value', 'type'].find(has);
      if (other === undefined) return [];
      return [wrong(other, 'either absent or a value', `absent and ${other}`, 'remove one of the two')];
    }
    if (!has('value')) return [wrong('value', 'a value, or absent: true', 'neither', 'add type and value')];
    if (!has('type')) return [wrong('type', 'the type of the value', 'nothing', 'add type: String, DWord, …')];
    const { type, value } = setting;
    if (type === undefined) return [];
    return dataFindings([...path, 'value'], type, value, setting.name ?? '');
  });
};

type Setting = Parameters<typeof registryData>;

function dataFindings(path: Finding['path'], type: Setting[0], value: unknown, name: string): Finding[] {
  if (!isValue(value)) return [];
  const read = registryData(type, value);
  if ('expected' in read) {
    const found = 'another kind of value, or one that does not fit';
    return [{ path, code: 'registry.data', expected: read.expected, found, remedy: 'correct the value or its type' }];
  }
  if (typeof value !== 'string' || value === '' || !SECRET_NAME.test(name)) return [];
  return [
    {
      path,
      code: 'registry.secret',
      expected: 'a reference {secret: env:NAME} in a value of that name',
      found: 'text in clear (not shown here)',
      remedy: 'refer to the secret, if it is one; in the registry of the image it is in clear all the same',
      severity: 'warning',
    },
  ];
}

function isValue(value: unknown): value is Setting[1] {
  if (Array.isArray(value)) return value.every((item) => typeof item === 'string');
  return value !== undefined && value !== null;
}
