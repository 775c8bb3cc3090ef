import type { Finding } from '../problem.ts';
import type { Rule } from './rule.ts';

export const serverCoreOnly: Rule = ({ windows }) =>
  windows?.version === '20H2' && windows.installationType === 'Server'
    ? [
        {
          path: ['windows', 'installationType'],
          code: 'windows.installation-type',
          expected: 'Server Core, the only one that 20H2 comes as',
          found: '"Server"',
          remedy: 'write Server Core, or choose another version',
        },
      ]
    : [];

/** Windows refuses a computer name of digits only. */
export const computerName: Rule = ({ windows }) =>
  [
    [['windows', 'computerName'], windows?.computerName] as const,
    [['windows', 'sysprep', 'computerName'], windows?.sysprep?.computerName] as const,
  ].flatMap(([path, name]): Finding[] => {
    if (name === undefined || !/^\d+$/.test(name)) return [];
    const expected = 'a computer name with at least one letter';
    return [{ path, code: 'windows.computer-name', expected, found: `"${name}"`, remedy: 'add a letter' }];
  });
