import { IngotError } from '../common/failure.ts';
import { caseless } from './caseless.ts';
import { COMPONENT_PASSES } from './component-passes.ts';
import { PASSES, type Pass } from './model.ts';
import { SETTING_PASSES } from './setting-passes.ts';
import type { PassTree } from './settings.ts';

/** One mistake in settings that a user adds. A type alias, so that it is plain JSON. */
export type ExtraProblem = {
  /** Keys and indexes below `windows.unattend.install` or `.sysprep`. */
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
};

/** An XML name without a prefix, and the key that gives a list item its `wcm:keyValue`. */
const NAME = /^(\p{L}[\p{L}\p{N}_.-]*|wcm:keyValue)$/u;
/** A component's name may have blanks (`Microsoft-Windows-WDF-Kernel Library`). */
const COMPONENT = /^[A-Za-z][A-Za-z0-9 ._-]*$/;

/**
 * What is wrong with the settings that a user adds (`{pass: {component: {…}}}`), each with its path. A component that
 * is not documented is not wrong: it is passed on unchecked.
 *
 * @param tree as read from YAML or JSON
 */
export function extraProblems(tree: unknown): readonly ExtraProblem[] {
  if (tree === undefined || tree === null) return [];
  if (!isRecord(tree)) return [shape([], 'passes, each with components', tree)];
  return Object.entries(tree).flatMap(([pass, components]) => passProblems(pass, components));
}

/**
 * The same for code that wants no list.
 *
 * @throws IngotError `unattend.extra` with every problem as evidence
 */
export function checkExtra(tree: PassTree | undefined): void {
  const [first, ...others] = extraProblems(tree);
  if (first === undefined) return;
  throw new IngotError('unattend.extra', `${first.path.join('.')}: ${first.message}`, {
    remedy: first.remedy,
    evidence: [first, ...others].map(({ path, message }) => `${path.join('.')}: ${message}`),
  });
}

function passProblems(pass: string, components: unknown): ExtraProblem[] {
  if (!isPass(pass)) {
    const message = `expected a configuration pass (${PASSES.join(', ')}), found “${pass}”`;
    return [{ path: [pass], code: 'unattend.pass', message, remedy: 'Correct the name of the pass.' }];
  }
  if (components === null || components === undefined) return [];
  if (!isRecord(components)) return [shape([pass], 'components, each with settings', components)];
  return Object.entries(components).flatMap(([name, settings]) => componentProblems(pass, name, settings));
}

function componentProblems(pass: Pass, name: string, settings: unknown): ExtraProblem[] {
  const path = [pass, name];
  if (!COMPONENT.test(name)) {
    const message = `expected the name of a component such as Microsoft-Windows-Shell-Setup, found “${name}”`;
    return [{ path, code: 'unattend.component', message, remedy: 'Correct the name of the component.' }];
  }
  const allowed = caseless(COMPONENT_PASSES, name);
  if (allowed !== undefined && !allowed.includes(pass)) {
    const message = `expected ${name} in ${allowed.join(' or ')}, found it in ${pass}`;
    return [{ path, code: 'unattend.component-pass', message, remedy: 'Move the settings to the right pass.' }];
  }
  if (settings === null || settings === undefined) return [];
  if (!isRecord(settings)) return [shape(path, 'settings by name', settings)];
  const known = caseless(SETTING_PASSES, name);
  return Object.entries(settings).flatMap(([setting, value]) => {
    const passes = known !== undefined && Object.hasOwn(known, setting) ? known[setting] : undefined;
    const misplaced: ExtraProblem[] =
      passes === undefined || passes.includes(pass)
        ? []
        : [
            {
              path: [...path, setting],
              code: 'unattend.setting-pass',
              message: `expected ${setting} of ${name} in ${passes.join(' or ')}, found it in ${pass}`,
              remedy: 'Move the setting to the right pass.',
            },
          ];
    return [...misplaced, ...settingProblems([...path, setting], setting, value)];
  });
}

function settingProblems(path: readonly (string | number)[], name: string, value: unknown): ExtraProblem[] {
  if (!NAME.test(name)) {
    const message = `expected the name of a setting, found “${name}”`;
    return [{ path, code: 'unattend.name', message, remedy: 'Correct the name: letters, digits, _, . and -.' }];
  }
  if (value === null || value === undefined || typeof value === 'string' || typeof value === 'boolean') return [];
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [shape(path, 'a number that is finite', value)];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      Array.isArray(item) || item === null
        ? [shape([...path, index], 'a value or settings by name', item)]
        : settingProblems([...path, index], name, item),
    );
  }
  if (!isRecord(value)) return [shape(path, 'a value, a list or settings by name', value)];
  return Object.entries(value).flatMap(([child, below]) => settingProblems([...path, child], child, below));
}

function shape(path: readonly (string | number)[], expected: string, found: unknown): ExtraProblem {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'a list' : `a ${typeof found}`;
  return {
    path,
    code: 'unattend.shape',
    message: `expected ${expected}, found ${kind}`,
    remedy: 'Write it as PASS: {COMPONENT: {SETTING: VALUE}}.',
  };
}

function isPass(name: string): name is Pass {
  return PASSES.some((pass) => pass === name);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
