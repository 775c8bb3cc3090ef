import { IngotError } from '../common/failure.ts';
import type { Entity } from './inventory-path.ts';
import { samePath } from './inventory-path.ts';
import { nearest, sameName, splitPath, unescapeName } from './names.ts';

/** What is looked for, among what. */
export interface Search {
  /** `network`, for errors. */
  readonly kind: string;
  /** A path below `where`, a full inventory path, or a name. */
  readonly wanted: string;
  /** The folder searched: `/DC0/network`. */
  readonly where: string;
  readonly candidates: readonly { readonly path: string; readonly entity: Entity }[];
}

/**
 * The one entity that a path means or, if there is none at that path, a name that is unique below the folder. Throws
 * `vsphere.ambiguous` with the candidates, `vsphere.not-found` with the nearest names.
 */
export function pickOne({ kind, wanted, where, candidates }: Search): Entity {
  const path = wanted.startsWith(`${where}/`) ? wanted.slice(where.length + 1) : wanted;
  const [name, ...deeper] = splitPath(path);
  let matches = candidates.filter((candidate) => samePath(candidate.path, path));
  if (matches.length === 0 && name !== undefined && deeper.length === 0)
    matches = candidates.filter(({ entity }) => sameName(entity.name, name));
  const [only] = matches;
  if (only === undefined) {
    const paths = candidates.map((candidate) => candidate.path);
    throw notFound(kind, wanted, where, paths);
  }
  if (matches.length === 1) return only.entity;
  throw new IngotError(
    'vsphere.ambiguous',
    `expected one ${kind} "${wanted}" below ${where}, found ${matches.length}`,
    {
      evidence: matches.map((match) => `${where}/${match.path} (${match.entity.ref.type}:${match.entity.ref.value})`),
      remedy: `Give the path below ${where} instead of the name; where a path is taken twice, rename one of them.`,
    },
  );
}

/** Nothing there: what there is that reads alike. */
export function notFound(kind: string, wanted: string, where: string, paths: readonly string[]): IngotError {
  const readable = paths.map((path) => splitPath(path).map(unescapeName).join('/'));
  const near = nearest(wanted, readable);
  return new IngotError('vsphere.not-found', `expected a ${kind} "${wanted}" below ${where}, found none`, {
    evidence: near.length > 0 ? [`there is: ${near.join(', ')}`] : [`there is no ${kind} that this account can see`],
    remedy: 'Correct the name in the image file, or give the account the right to see it.',
  });
}
