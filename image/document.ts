import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import { type Located, locate, type OffsetFinding } from './located.ts';
import { type Finding, type Path, type Place, type Problem, problemAt } from './problem.ts';

/** What each of the YAML parser's error codes means, in our words: its own quote the text, which may be a secret. */
const WORDS: Readonly<Record<string, readonly [expected: string, found: string, remedy: string]>> = {
  ALIAS_PROPS: ['a plain alias', 'an alias with an anchor or a tag', 'write *NAME alone'],
  BAD_ALIAS: ['an anchor or alias with a name', 'one without, or with a colon in it', 'write &NAME and *NAME'],
  BAD_COLLECTION_TYPE: ['a value that fits its tag', 'another kind of value', 'remove the tag'],
  BAD_DIRECTIVE: ['no directive, or %YAML 1.2', 'a directive that is not known', 'remove the line that begins with %'],
  BAD_DQ_ESCAPE: ['a known escape after \\', 'another one', 'write \\\\ for a backslash, or use single quotes'],
  BAD_INDENT: ['lines of one block at the same indentation', 'another one', 'line them up with spaces'],
  BAD_PROP_ORDER: ['anchor and tag before the value', 'another order', 'move them before the value'],
  BAD_SCALAR_START: ['a value', 'a character that no plain value begins with (@, ` or %)', 'put the value in quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['a value', 'a nested block on the same line', 'put the nested block on lines of its own'],
  BLOCK_IN_FLOW: ['a value inside brackets', 'a block', 'close the bracket first, or write the block with brackets'],
  COMMENT_SPACE: ['a space before #', 'none', 'write a space before the comment'],
  DUPLICATE_KEY: ['each key once', 'a key a second time', 'remove one of the two'],
  IMPOSSIBLE: ['YAML', 'something else', 'check the lines around'],
  KEY_OVER_1024_CHARS: ['a key of at most 1024 characters', 'a longer one', 'check the colons and quotes of this line'],
  MISSING_CHAR: ['a closing quote, bracket, comma, colon or space', 'none', 'close what is open on this line'],
  MULTILINE_IMPLICIT_KEY: ['KEY: VALUE on one line', 'a key over several lines', 'add the colon that is missing'],
  MULTIPLE_ANCHORS: ['one anchor', 'several', 'remove all but one'],
  MULTIPLE_DOCS: ['one document', 'a second one after ---', 'put each image into a file of its own'],
  MULTIPLE_TAGS: ['one tag', 'several', 'remove them'],
  NON_STRING_KEY: ['a key of plain text', 'another kind of key', 'write KEY: VALUE'],
  RESOURCE_EXHAUSTION: ['a document of ordinary size and depth', 'more', 'check the brackets and the indentation'],
  TAB_AS_INDENT: ['spaces as indentation', 'a tab', 'replace the tab with spaces'],
  TAG_RESOLVE_FAILED: ['a value without a tag', 'a tag that is not known', 'remove what begins with !'],
  UNEXPECTED_TOKEN: [
    'KEY: VALUE, or an item of a list',
    'something else',
    'check the quotes, brackets and the indentation',
  ],
};
const VARIABLE = [
  'quotes around a variable inside brackets',
  'none, so that its braces begin a map',
  `put the value in quotes: '$\{var.NAME}'`,
] as const;
const OTHER = ['YAML', 'something else', 'check the quotes, brackets and the indentation'] as const;

/** A YAML document with its places. */
export interface SourceDocument {
  /** As it was named. */
  readonly file: string;
  readonly root: Located;
  /** Problems of the YAML itself: syntax, duplicate keys, aliases. */
  readonly problems: readonly Problem[];
  /** The root is not what was meant, so that there is no use in checking it further. */
  readonly broken: boolean;
  /** Where a value stands, or the nearest value around it that is there. */
  place(path: Path, atKey?: boolean): Place;
}

/** Parses the text; all mistakes at once, none thrown. */
export function parseSource(file: string, text: string): SourceDocument {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const { root, errors, findings } = parse(text, lines);
  const problems = [
    ...withoutEchoes(errors, (error) => place(error.pos[0]).line).map((error) =>
      problemAt(file, place(error.pos[0]), yamlFinding(error, text)),
    ),
    ...findings.map((finding) => problemAt(file, place(finding.offset), finding)),
  ];
  const broken = errors.length > 0 || findings.some(({ code }) => code.startsWith('image.too-'));
  return { file, root, problems, broken, place: (path, atKey = false) => place(offsetOf(root, path, atKey)) };
}

interface Parsed {
  readonly root: Located;
  readonly errors: readonly YAMLError[];
  readonly findings: readonly OffsetFinding[];
}

function parse(text: string, lineCounter: LineCounter): Parsed {
  try {
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
      schema: 'core',
      resolveKnownTags: false,
      keepSourceTokens: false,
      logLevel: 'silent',
    });
    const located = locate(document);
    return { ...located, errors: [...document.errors, ...document.warnings] };
  } catch (error) {
    // The YAML parser recurses: brackets nested by the thousand exhaust the stack.
    if (!(error instanceof RangeError)) throw error;
    const words = {
      expected: 'values of ordinary depth',
      found: 'thousands of nested brackets',
      remedy: 'remove them',
    };
    const finding: OffsetFinding = { path: [], offset: 0, code: 'image.too-deep', ...words };
    return { root: { offset: 0, kind: 'scalar', scalar: null, size: 1 }, errors: [], findings: [finding] };
  }
}

/** After one mistake the parser reports what follows on the line, and each token that fits nowhere: only the first tells something. */
function withoutEchoes(errors: readonly YAMLError[], line: (error: YAMLError) => number): YAMLError[] {
  return errors.filter((error, index) => {
    const before = errors[index - 1];
    if (before === undefined) return true;
    return line(before) !== line(error) && (error.code !== 'UNEXPECTED_TOKEN' || before.code !== error.code);
  });
}

function yamlFinding(error: YAMLError, text: string): Finding {
  const [expected, found, remedy] = beginsVariable(error, text) ? VARIABLE : (WORDS[error.code] ?? OTHER);
  const code = `image.yaml.${error.code.toLowerCase().replaceAll('_', '-')}`;
  return { path: [], code, expected, found, remedy };
}

/** A brace that belongs to a variable without quotes, on the line of the error. */
function beginsVariable(error: YAMLError, text: string): boolean {
  const start = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  return /[[{,].*\$\{var\./.test(text.slice(start, error.pos[0] + 6));
}

function offsetOf(root: Located, path: Path, atKey: boolean): number {
  let node: Located = root;
  let offset = root.offset ?? 0;
  for (const [index, key] of path.entries()) {
    const last = index === path.length - 1;
    if (node.kind === 'list' && typeof key === 'number') {
      const item = node.items?.[key];
      if (item === undefined) return offset;
      node = item;
      offset = item.offset ?? offset;
    } else {
      const entry = node.entries?.get(String(key));
      if (entry === undefined) return offset;
      node = entry.value;
      // A value that is missing inside a section is reported at the section's key, not at its first line.
      offset = last && !atKey ? (node.offset ?? entry.keyOffset) : entry.keyOffset;
    }
  }
  return offset;
}

/** The value at a path, if it is there. */
export function locatedAt(root: Located, path: Path): Located | undefined {
  let node: Located | undefined = root;
  for (const key of path) {
    node = typeof key === 'number' ? node?.items?.[key] : node?.entries?.get(key)?.value;
  }
  return node;
}
