import { type Finding, quote } from '../problem.ts';
import type { Rule } from './rule.ts';

/** Windows compares the display names of rules without regard to case. */
export const uniqueRules: Rule = ({ firewall }) => {
  const seen = new Set<string>();
  return (firewall?.rules ?? []).flatMap((rule, index): Finding[] => {
    const name = rule?.name;
    if (name === undefined) return [];
    const repeated = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    if (!repeated) return [];
    return [
      {
        path: ['firewall', 'rules', index, 'name'],
        code: 'firewall.duplicate',
        expected: 'a name of its own for each rule',
        found: `${quote(name, 60)} a second time`,
        remedy: 'rename or remove one of the two',
      },
    ];
  });
};
