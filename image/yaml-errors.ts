import { type Document, isScalar, visit, type YAMLError } from 'yaml';
import type { OffsetFinding } from './located.ts';

/** What each of the YAML parser's error codes means, in our words: its own quote the text, which may be a secret. */
const WORDS: Readonly<Record<string, readonly [expected: string, found: string, remedy: string]>> = {
  ALIAS_PROPS: ['a plain alias', 'an alias with an anchor or a tag', 'write *NAME alone'],
  BAD_ALIAS: ['an anchor or alias with a name', 'one without, or with a colon in it', 'write &NAME and *NAME'],
  BAD_COLLECTION_TYPE: ['a value that fits its tag', 'another kind of value', 'remove the tag'],
  BAD_DIRECTIVE: ['no directive, or %YAML 1.2', 'a directive that is not known', 'remove the line that begins with %'],
  BAD_DQ_ESCAPE: ['a known escape after \\', 'another one', 'write \\\\ for a backslash, or use single quotes'],
  BAD_INDENT: ['lines of one block at the same indentation', 'another one', 'line them up, and close every bracket'],
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

/**
 * The parser's errors and warnings in our words, each with its place. After one mistake it also reports what follows on
 * the line, and each token that fits nowhere: only the first of these is kept.
 */
export function yamlFindings(
  document: Document.Parsed,
  text: string,
  lineOf: (offset: number) => number,
): OffsetFinding[] {
  const open = unclosedQuote(document, text);
  const errors: YAMLError[] = [...document.errors, ...document.warnings].filter(
    (error) => open === undefined || error.pos[0] < open.offset,
  );
  const kept = errors.filter((error, index) => {
    const before = errors[index - 1];
    return before === undefined || !(lineOf(before.pos[0]) === lineOf(error.pos[0]) || isEcho(error, before));
  });
  return [...kept.map((error) => toFinding(error, text)), ...(open === undefined ? [] : [open])];
}

/** Tokens that fit nowhere come in rows, and a line that is out of place makes the next one look like a nested block. */
function isEcho(error: YAMLError, before: YAMLError): boolean {
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') return true;
  return error.code === 'UNEXPECTED_TOKEN' && before.code === error.code;
}

function toFinding(error: YAMLError, text: string): OffsetFinding {
  const quotes = beginsVariable(error, text);
  const [expected, found, remedy] = quotes ? VARIABLE : (WORDS[error.code] ?? OTHER);
  const code = quotes ? 'variable.quotes' : `image.yaml.${error.code.toLowerCase().replaceAll('_', '-')}`;
  return { path: [], offset: error.pos[0], code, expected, found, remedy };
}

/** The parser misses a closing quote at the end of the file; a person looks where the quote was opened. */
function unclosedQuote(document: Document.Parsed, text: string): OffsetFinding | undefined {
  const end = text.trimEnd().length;
  if (!document.errors.some((error) => error.code === 'MISSING_CHAR' && error.pos[0] >= end)) return undefined;
  let offset: number | undefined;
  visit(document, {
    Scalar: (_, node) => {
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      if (quoted && node.range && node.range[1] >= end) offset = node.range[0];
    },
  });
  if (offset === undefined) return undefined;
  return {
    path: [],
    offset,
    code: 'image.yaml.missing-char',
    expected: 'a closing quote',
    found: 'none up to the end of the file',
    remedy: 'close the quote that opens here',
  };
}

/** A brace that belongs to a variable without quotes, on the line of the error. */
function beginsVariable(error: YAMLError, text: string): boolean {
  const start = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  return /[[{,].*\$\{var\./.test(text.slice(start, error.pos[0] + 6));
}
