import type { Finding } from '../problem.ts';
import type { MediaLocation } from '../schema/media.ts';
import type { Rule } from './rule.ts';

/** What a disc image may be today: the Windows ISO is read and patched on this machine, the Tools ISO may lie in vCenter. */
export const locations: Rule = ({ media }) => [
  ...misplaced('iso', media?.iso, ['file'], 'the path of a file on this machine'),
  ...misplaced('toolsIso', media?.toolsIso, ['file', 'datastore'], 'a file on this machine or a datastore path'),
];

function misplaced(
  field: string,
  location: { readonly kind?: MediaLocation['kind'] | undefined } | undefined,
  allowed: readonly string[],
  expected: string,
): Finding[] {
  const kind = location?.kind;
  if (kind === undefined || allowed.includes(kind)) return [];
  const found = kind === 'url' ? 'a URL' : 'a datastore path';
  return [
    {
      path: ['media', field],
      code: 'media.location',
      expected,
      found,
      remedy: 'download it first and name the local file',
    },
  ];
}
