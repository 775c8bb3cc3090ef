import type { Finding } from '../problem.ts';
import type { Rule } from './rule.ts';

export const oneRuntime: Rule = ({ docker, containerd }) =>
  docker !== undefined && containerd !== undefined
    ? [
        {
          path: ['containerd'],
          atKey: true,
          code: 'containers.exclusive',
          expected: 'either docker or containerd',
          found: 'both',
          remedy: 'remove one of the two sections',
        },
      ]
    : [];

export const oneSource: Rule = (part) =>
  (['docker', 'containerd'] as const).flatMap((key): Finding[] => {
    const runtime = part[key];
    if (runtime?.url === undefined || runtime.archive === undefined) return [];
    return [
      {
        path: [key, 'archive'],
        atKey: true,
        code: 'containers.source',
        expected: 'either url or archive',
        found: 'both',
        remedy: 'remove one of the two',
      },
    ];
  });
