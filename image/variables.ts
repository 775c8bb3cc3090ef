import type { Located } from './located.ts';
import { nearest } from './nearest.ts';
import { alternatives, type Finding, type Path, quote } from './problem.ts';
import { VARIABLE_NAME } from './schema/variables.ts';

/** Text that all substitutions of a file may produce together. */
const MOST_TEXT = 4 * 1024 * 1024;
/** Unknown names for which the nearest known one is looked for. */
const MOST_PROPOSALS = 50;
const TOKEN = /(\$)?\$\{(?:var\.([^}\r\n]*)(\})?)?/g;

/** Values for the variables of a file, by name. */
export interface VariableValues {
  /** They win over all others. Each must be declared in the file. */
  readonly vars?: Readonly<Record<string, string>>;
  /** They win over the file's defaults, and may be unused: from the environment, for the lab. */
  readonly optionalVars?: Readonly<Record<string, string>>;
}

/** What became of the variables of a file. */
export interface Substituted {
  /** Plain data, a copy of its own for each alias. */
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** Paths of scalars that are one `${var.NAME}` and nothing else: they may be numbers or true and false. */
  readonly whole: ReadonlySet<string>;
}

interface State {
  readonly values: ReadonlyMap<string, string>;
  readonly declared: ReadonlySet<string>;
  readonly findings: Finding[];
  readonly whole: Set<string>;
  /** What is proposed for each unknown name. */
  readonly proposals: Map<string, string | undefined>;
  text: number;
}

/** A path as the key of a set. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/**
 * Plain data of the file with each `${var.NAME}` in its text replaced. `$${` stands for `${` itself. Other uses of `$`
 * and `${…}` are PowerShell's and stay as they are.
 */
export function substitute(root: Located, { vars = {}, optionalVars = {} }: VariableValues): Substituted {
  const section = root.entries?.get('variables')?.value;
  const state: State = {
    values: new Map([...defaults(section), ...Object.entries(optionalVars), ...Object.entries(vars)]),
    declared: new Set(declaredNames(root)),
    findings: [],
    whole: new Set(),
    proposals: new Map(),
    text: 0,
  };
  return { value: plain(root, [], state), findings: state.findings, whole: state.whole };
}

/** Names that the file declares. */
export function declaredNames(root: Located): string[] {
  return [...(root.entries?.get('variables')?.value.entries?.keys() ?? [])].filter((name) => VARIABLE_NAME.test(name));
}

/** Values that were given for variables that no file declares. */
export function unusedVariables(
  root: Located,
  vars: Readonly<Record<string, string>>,
  declared: ReadonlySet<string>,
): Finding[] {
  const known = declaredNames(root);
  const unused = Object.keys(vars).filter((name) => !declared.has(name));
  return unused.map((name) => {
    const near = nearest(name, known);
    return {
      path: ['variables'],
      atKey: true,
      code: 'variable.unused',
      expected: anyOf(known),
      found: quote(name, 60),
      remedy: near === undefined ? 'leave it out' : `write ${near}`,
    };
  });
}

function defaults(section: Located | undefined): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, entry] of section?.entries ?? []) {
    const value = entry.value.entries?.get('default')?.value;
    if (value?.kind === 'scalar' && value.scalar !== null) values.set(name, value.source ?? String(value.scalar));
  }
  return values;
}

function plain(node: Located, path: Path, state: State): unknown {
  if (node.kind === 'map') {
    const entries = [...(node.entries ?? [])];
    // fromEntries defines properties, so that a key named __proto__ is a key like any other.
    return Object.fromEntries(entries.map(([key, entry]) => [key, plain(entry.value, [...path, key], state)]));
  }
  if (node.kind === 'list') return (node.items ?? []).map((item, index) => plain(item, [...path, index], state));
  return typeof node.scalar === 'string' ? text(node.scalar, path, state) : node.scalar;
}

function text(template: string, path: Path, state: State): string {
  if (!template.includes('${')) return template;
  if (path[0] === 'variables') {
    if (/(^|[^$])\$\{var\./.test(template)) state.findings.push(nested(path));
    return template;
  }
  let complete = true;
  const result = template.replace(TOKEN, (token, escaped: string | undefined, name: string | undefined, end) => {
    if (escaped !== undefined) return token.slice(1);
    if (name === undefined) return token;
    const value = end === undefined ? malformed(path, state) : lookUp(name, path, state);
    complete &&= value !== undefined;
    state.text += value?.length ?? 0;
    return state.text > MOST_TEXT ? '' : (value ?? '');
  });
  if (state.text > MOST_TEXT) tooLong(path, state);
  if (/^\$\{var\.[^}]*\}$/.test(template)) state.whole.add(pathKey(path));
  return complete ? result : template;
}

function lookUp(name: string, path: Path, state: State): string | undefined {
  if (!VARIABLE_NAME.test(name)) return malformed(path, state);
  if (!state.declared.has(name)) {
    const declared = [...state.declared];
    const { proposals } = state;
    if (!proposals.has(name) && proposals.size < MOST_PROPOSALS) proposals.set(name, nearest(name, declared));
    state.findings.push(undeclared(path, name, declared, proposals.get(name)));
    return undefined;
  }
  const value = state.values.get(name);
  if (value === undefined) {
    state.findings.push({
      path,
      code: 'variable.unset',
      expected: `a value for the variable ${name}`,
      found: 'none, and no default',
      remedy: `give --var ${name}=VALUE, set INGOT_VAR_${name}, or add a default`,
    });
  }
  return value;
}

function malformed(path: Path, state: State): undefined {
  state.findings.push({
    path,
    code: 'variable.syntax',
    expected: `$\{var.NAME}, NAME of letters, digits and underscores`,
    found: 'another spelling',
    remedy: 'correct it, or write $$' + '{ for $' + '{ itself',
  });
  return undefined;
}

function undeclared(path: Path, name: string, declared: readonly string[], near: string | undefined): Finding {
  return {
    path,
    code: 'variable.unknown',
    expected: anyOf(declared),
    found: quote(name, 60),
    remedy: near === undefined ? 'declare it under variables' : `write ${near}`,
  };
}

function anyOf(declared: readonly string[]): string {
  if (declared.length === 0) return 'no variable, since the file declares none';
  const shown = declared.slice(0, 20);
  return `one of ${shown.length < declared.length ? `${shown.join(', ')}, …` : alternatives(shown)}`;
}

function nested(path: Path): Finding {
  return {
    path,
    code: 'variable.nested',
    expected: 'plain text in the declaration of a variable',
    found: 'another variable in it',
    remedy: 'use both variables where the value is used',
  };
}

function tooLong(path: Path, state: State): void {
  if (state.findings.some((finding) => finding.code === 'variable.too-long')) return;
  state.findings.push({
    path,
    code: 'variable.too-long',
    expected: 'at most 4 MiB of text from variables',
    found: 'more',
    remedy: 'shorten the values, or use them less often',
  });
}
