import { formatProblem, type Loaded, loadText } from '../../image/index.ts';

/** Random numbers by a seed (mulberry32): the same mutations on every machine. */
export function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What makes trouble in YAML, in the schema, in paths and in terminals. */
const PIECES = [
  ...[
    '',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r\n',
    '\n\n',
    '\n- ',
    '\n  - ',
    ': ',
    ':',
    '#',
    ' #',
    ',',
    '-',
    '?',
    '? ',
    '|',
    '>',
    '|-\n',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    '[[[[',
    '}}',
    '"',
    "'",
    '\\',
    '&a ',
    '*a',
    '*',
    '&',
    '!',
    '!!str ',
    '!!binary x',
    '%',
    '@',
    '`',
    '<<: ',
    '---\n',
    '...\n',
  ],
  ...[
    'null',
    '~',
    'true',
    'yes',
    '0',
    '-1',
    '1.5',
    '1e999',
    '.nan',
    '0x10',
    '9'.repeat(40),
    '2022',
    '""',
    '[]',
    '{}',
    '{ a: 1 }',
    '[1, [2]]',
  ],
  ...['$', `\${`, `\${var.`, `\${var.}`, `\${var.network}`, `\${var.nope}`, `$\${`, `$\${var.x}`, `\${var.ssh_port}`],
  ...[
    'env:X',
    'exec:',
    'file:',
    '60GiB',
    '45m',
    'KB1',
    '__proto__',
    'constructor',
    'toString',
    'steps',
    'name',
    'after: motd',
  ],
  ...[
    '\u0000',
    '\u0007',
    '\u001b[31m',
    '\u2028',
    '\ufeff',
    '\ud800',
    '🪟',
    'é',
    'x'.repeat(300),
    '/* */',
    '../../etc/passwd',
    '[ds] a',
  ],
];

/** One to four random changes of the text: characters, lines, values and keys taken out, doubled, swapped or replaced. */
export function mutate(text: string, next: (below: number) => number): string {
  let mutant = text;
  for (let count = 1 + next(4); count > 0; count -= 1) mutant = change(mutant, next);
  return mutant;
}

function change(text: string, next: (below: number) => number): string {
  const piece = PIECES[next(PIECES.length)] ?? '';
  const at = next(text.length + 1);
  const lines = text.split('\n');
  const line = next(lines.length);
  const current = lines[line] ?? '';
  switch (next(10)) {
    case 0:
      return text.slice(0, at) + piece + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + next(20));
    case 2:
      return text.slice(0, at) + piece + text.slice(at + piece.length);
    case 3:
      return lines.toSpliced(line, 1).join('\n');
    case 4:
      return lines.toSpliced(next(lines.length), 0, current).join('\n');
    case 5:
      return lines.toSpliced(line, 1, `${' '.repeat(next(4))}${current}`).join('\n');
    case 6:
      return lines.toSpliced(line, 1, current.replace(/^ {1,2}/, '')).join('\n');
    case 7:
      return lines
        .toSpliced(
          line,
          1,
          current.replace(/:.*/, () => `: ${piece}`),
        )
        .join('\n');
    case 8:
      return lines
        .toSpliced(
          line,
          1,
          current.replace(/\w+:/, () => `${piece}:`),
        )
        .join('\n');
    default:
      return text.slice(0, at);
  }
}

/** What must never happen, whatever the text; undefined if all is well. Milliseconds one load may take. */
export function judge(text: string, deadline: number): string | undefined {
  const start = performance.now();
  let loaded: Loaded;
  try {
    loaded = loadText('mutant.yaml', text, { env: {} });
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : String(error)}`;
  }
  const took = performance.now() - start;
  if (took > deadline) return `took ${Math.round(took)} ms`;
  const errors = loaded.problems.filter((problem) => problem.severity === 'error');
  if ((loaded.image === undefined) !== errors.length > 0) return `${errors.length} errors, image ${loaded.image?.name}`;
  const lines = text.split('\n');
  for (const problem of loaded.problems) {
    const { line, column, message, code, expected, found, remedy } = problem;
    const told = formatProblem(problem);
    if (line < 1 || line > lines.length) return `line ${line} of ${lines.length}: ${told}`;
    if (column < 1 || column > (lines[line - 1] ?? '').length + 1) return `column ${column}: ${told}`;
    if ([message, code, expected, found, remedy].some((part) => part === '')) return `an empty part: ${told}`;
    if (/undefined|\[object |NaN|\n\s+at /.test(message) && !/undefined|NaN/.test(text)) return `noise: ${told}`;
    if (/\p{Cc}|\p{Zl}|\p{Zp}/u.test(told)) return `a control character: ${JSON.stringify(told)}`;
  }
  return undefined;
}
