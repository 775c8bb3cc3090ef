/** Where in the image file: keys and list indexes from its root. */
export type Path = readonly (string | number)[];

/** One mistake in an image file, or in what was given for its variables. */
export interface Problem {
  /** The file as it was named. */
  readonly file: string;
  /** 1-based; columns count UTF-16 units, as editors do. */
  readonly line: number;
  readonly column: number;
  /** `steps[2].after`; empty for the file as a whole. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** What to do, as an imperative. */
  readonly remedy: string;
  /** `expected …, found …; do …` in one sentence, without the place. */
  readonly message: string;
  /** Stable, dotted: `image.unknown-key`, `variable.unset`. docs/image-file.md lists them. */
  readonly code: string;
  /** Only errors keep an image from being built. */
  readonly severity: 'error' | 'warning';
}

/** A problem before its place in the file is looked up. */
export interface Finding {
  readonly path: Path;
  /** Points at the key instead of the value. */
  readonly atKey?: boolean;
  readonly code: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
  readonly severity?: 'error' | 'warning';
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Puts a finding at its place. */
export function problemAt(file: string, place: Place, finding: Finding): Problem {
  const { code, severity = 'error' } = finding;
  const [expected, found, remedy] = [printable(finding.expected), printable(finding.found), printable(finding.remedy)];
  const message = `expected ${expected}, found ${found}; ${remedy}`;
  return {
    file,
    ...place,
    path: printable(formatPath(finding.path)),
    expected,
    found,
    remedy,
    message,
    code,
    severity,
  };
}

/** `file:line:column path: expected …, found …; do …`, one line. A warning says so after the place. */
export function formatProblem(problem: Problem): string {
  const path = problem.path === '' ? '' : ` ${problem.path}`;
  const warning = problem.severity === 'warning' ? ' warning' : '';
  return `${printable(problem.file)}:${problem.line}:${problem.column}${path}:${warning} ${problem.message}`;
}

/** `steps[2].parameters["a b"]` */
export function formatPath(path: Path): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(key)) text += `[${quote(key, 40)}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text;
}

/** A value as a problem shows it: short, on one line, without the user and password of a URL. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') return quote(value.replace(/\/\/[^/@\s]*@/g, '//***@'), 60);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a map of keys and values';
  if (typeof value === 'number' && !Number.isFinite(value)) return Number.isNaN(value) ? '.nan' : 'an infinite number';
  return String(value);
}

/** The kind of a value, where the value itself says nothing or must not be shown. */
export function showKind(value: unknown): string {
  return typeof value === 'string' ? 'text' : show(value);
}

/** JSON string, cut to a length. */
export function quote(text: string, maximum: number): string {
  return JSON.stringify(text.length > maximum ? `${text.slice(0, maximum)}…` : text);
}

/** Text without characters that a terminal acts on or that hide what is there: control, format and odd spaces as \u…. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** `a, b or c` */
export function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
