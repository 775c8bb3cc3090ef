import { parseDocument } from 'yaml';
import { linesOf } from './lines.ts';
import { type Located, locate, type OffsetFinding } from './located.ts';
import { type Path, type Place, type Problem, problemAt } from './problem.ts';
import { yamlFindings } from './yaml-errors.ts';

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
  const place = linesOf(text);
  const { root, errors, findings } = parse(text, (offset) => place(offset).line);
  const all = [...errors, ...findings];
  const problems = all.map((finding) => problemAt(file, place(finding.offset), finding));
  const broken = errors.length > 0 || findings.some(({ code }) => code.startsWith('image.too-'));
  return { file, root, problems, broken, place: (path, atKey = false) => place(offsetOf(root, path, atKey)) };
}

interface Parsed {
  readonly root: Located;
  readonly errors: readonly OffsetFinding[];
  readonly findings: readonly OffsetFinding[];
}

function parse(text: string, lineOf: (offset: number) => number): Parsed {
  try {
    const document = parseDocument(text, {
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
      schema: 'core',
      resolveKnownTags: false,
      keepSourceTokens: false,
      logLevel: 'error', // 'silent' would also hide that there is a second document
    });
    const located = locate(document);
    return { ...located, errors: yamlFindings(document, text, lineOf) };
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
