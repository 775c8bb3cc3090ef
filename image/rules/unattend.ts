import { COMPONENT_PASSES } from '../../unattend/component-passes.ts';
import { type ExtraProblem, extraProblems } from '../../unattend/extra.ts';
import { PASSES } from '../../unattend/model.ts';
import { nearest } from '../nearest.ts';
import { type Finding, type Path, quote } from '../problem.ts';
import { secretReference } from '../schema/plain-data.ts';
import type { Rule, Written } from './rule.ts';

/** Settings of the user, against the tables of unattend/: passes, components, and the passes that each belongs to. */
export const unattend: Rule = (_, raw, written) =>
  (['install', 'sysprep'] as const).flatMap((file) => {
    const path = ['windows', 'unattend', file];
    const tree = raw(path);
    if (!isRecord(tree)) return [];
    return [
      ...extraProblems(withoutSecrets(tree)).map((problem) => findingOf(problem, path)),
      ...unlikelyComponents(tree, path),
      ...numbers(tree, path, written),
    ];
  });

/** A problem points at the key that is wrong, or at the value whose shape is. */
function findingOf(problem: ExtraProblem, above: Path): Finding {
  const { code, message } = problem;
  // Both halves of “expected …, found …”: how all messages of these problems are built.
  const [expected = message, found = 'something else'] = message
    .replace(/^expected /, '')
    .split(/, found (?!.*, found )/);
  const name = String(problem.path.at(-1));
  const near = code === 'unattend.pass' ? nearest(name, PASSES) : undefined;
  const path = [...above, ...problem.path];
  const remedy = near === undefined ? problem.remedy : `write ${near}`;
  return { path, atKey: code !== 'unattend.shape', code, expected, found, remedy: lower(remedy) };
}

/** Any component may be named, also one that is documented nowhere; one that looks like a known one is a slip. */
function unlikelyComponents(tree: Readonly<Record<string, unknown>>, above: Path): Finding[] {
  const known = Object.keys(COMPONENT_PASSES);
  const names = new Set(known.map((name) => name.toLowerCase()));
  return Object.entries(tree).flatMap(([pass, components]) =>
    Object.keys(isRecord(components) ? components : {}).flatMap((name): Finding[] => {
      const near = names.has(name.toLowerCase()) ? undefined : nearest(name, known);
      if (near === undefined) return [];
      return [
        {
          path: [...above, pass, name],
          atKey: true,
          code: 'unattend.component-unknown',
          expected: 'a component that is documented',
          found: quote(name, 60),
          remedy: `write ${near} if that is what you mean`,
          severity: 'warning',
        },
      ];
    }),
  );
}

/** YAML reads 00000409 as 409 and 1.10 as 1.1: such a number is not what is written. */
function numbers(value: unknown, path: Path, written: Written): Finding[] {
  if (typeof value === 'number') {
    const source = written(path);
    if (source === undefined || source === String(value)) return [];
    const found = `${quote(source, 60)}, which YAML reads as ${value}`;
    return [{ path, code: 'unattend.number', expected: 'text in quotes', found, remedy: 'put the value in quotes' }];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => numbers(item, [...path, index], written));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => numbers(child, [...path, key], written));
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  if (typeof secretReference(value) === 'string') return 'a secret';
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutSecrets(child)]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Remedies of image files go on after a semicolon. */
function lower(remedy: string): string {
  return `${remedy.slice(0, 1).toLowerCase()}${remedy.slice(1).replace(/\.$/, '')}`;
}
