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
export const computerName: Rule = ({ windows }) => {
  const name = windows?.computerName;
  if (name === undefined || !/^\d+$/.test(name)) return [];
  return [
    {
      path: ['windows', 'computerName'],
      code: 'windows.computer-name',
      expected: 'a computer name with at least one letter',
      found: `"${name}"`,
      remedy: 'add a letter',
    },
  ];
};
