import { extraProblems } from '../../unattend/extra.ts';
import { kmsKeyOf } from '../../unattend/kms-keys.ts';
import { maskSecrets } from '../../unattend/mask.ts';
import type { Setting } from '../../unattend/model.ts';
import { type PassTree, passes } from '../../unattend/settings.ts';
import type { Path } from '../problem.ts';
import { secretReference } from '../schema/plain-data.ts';
import type { Rule } from './rule.ts';

/** A value of the tree: where it stands, and what it is. */
interface Leaf {
  readonly path: Path;
  readonly text: string;
}

/**
 * Passwords and product keys in clear, among the settings of the user. Which settings these are is what `maskSecrets`
 * says: every value gets a name of its own, and the names that it masks are those of secrets.
 */
export const literalSecrets: Rule = (_, raw) =>
  (['install', 'sysprep'] as const).flatMap((file) => {
    const above = ['windows', 'unattend', file];
    const leaves = new Map<string, Leaf>();
    const tree = named(raw(above), above, leaves);
    if (!isPassTree(tree)) return [];
    const masked = maskSecrets({ passes: passes(tree) }).passes;
    const shown = new Set(masked.flatMap(({ components }) => components.flatMap(({ settings }) => valuesOf(settings))));
    const secrets = [...leaves].filter(([name, { text }]) => !shown.has(name) && kmsKeyOf(text.trim()) === undefined);
    return secrets.map(([, { path }]) => ({
      path,
      code: 'secret.literal',
      expected: 'a reference to a secret, {secret: env:NAME}',
      found: 'a value in clear (not shown here)',
      remedy: 'put it into an environment variable, a file or a password manager, and refer to it',
    }));
  });

/** The same tree with a name in place of each value; references stand for themselves, and are no values. */
function named(value: unknown, path: Path, leaves: Map<string, Leaf>): unknown {
  if (Array.isArray(value)) return value.map((item, index) => named(item, [...path, index], leaves));
  if (typeof value === 'object' && value !== null) {
    if (secretReference(value) !== undefined) return true;
    const entries = Object.entries(value).filter(([key]) => key !== 'wcm:keyValue');
    return Object.fromEntries(entries.map(([key, child]) => [key, named(child, [...path, key], leaves)]));
  }
  if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return value;
  const name = `value ${leaves.size}`;
  leaves.set(name, { path, text: String(value) });
  return name;
}

function valuesOf(settings: readonly Setting[]): readonly string[] {
  return settings.flatMap(({ value, children }) => (value === undefined ? valuesOf(children ?? []) : [value]));
}

function isPassTree(tree: unknown): tree is PassTree {
  return typeof tree === 'object' && tree !== null && extraProblems(tree).length === 0;
}
