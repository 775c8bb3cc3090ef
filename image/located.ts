import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Finding, type Path, quote } from './problem.ts';

/** Values an image file may hold, aliases counted each time they are used. */
const MOST_VALUES = 20_000;
const DEEPEST = 60;

/** A value of the file with its place: a tree beside the plain data. Aliases share what they refer to. */
export interface Located {
  /** Offset in the text; undefined for an empty value. */
  readonly offset: number | undefined;
  readonly kind: 'map' | 'list' | 'scalar';
  /** Of a scalar. */
  readonly scalar?: string | number | boolean | null;
  /** What a plain (unquoted) scalar is written as: `20.10` and not 20.1. */
  readonly source?: string | undefined;
  readonly entries?: ReadonlyMap<string, LocatedEntry>;
  readonly items?: readonly Located[];
  /** Values in it, itself included. */
  readonly size: number;
}

export interface LocatedEntry {
  readonly keyOffset: number;
  readonly value: Located;
}

/** A finding whose place is an offset in the text. */
export interface OffsetFinding extends Finding {
  readonly offset: number;
}

interface State {
  readonly anchors: Map<string, Located | 'open'>;
  readonly findings: OffsetFinding[];
}

const NOTHING: Located = { offset: undefined, kind: 'scalar', scalar: null, size: 1 };

/** Reads the document's tree; reports duplicate keys, keys that are no text, aliases without anchor, cycles and bombs. */
export function locate(document: Document.Parsed): { root: Located; findings: OffsetFinding[] } {
  const state: State = { anchors: new Map(), findings: [] };
  return { root: visit(document.contents, [], 0, state), findings: state.findings };
}

function visit(node: unknown, path: Path, parent: number, state: State): Located {
  if (isAlias(node)) return followAlias(node.source, node.range?.[0] ?? parent, path, state);
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return NOTHING;
  const { anchor } = node;
  const offset = node.range?.[0] ?? parent;
  if (anchor !== undefined) state.anchors.set(anchor, 'open');
  const located = path.length > DEEPEST ? tooDeep(offset, path, state) : read(node, offset, path, state);
  if (anchor !== undefined) state.anchors.set(anchor, located);
  return located;
}

function read(node: YAMLMap | YAMLSeq | Scalar, offset: number, path: Path, state: State): Located {
  if (isMap(node)) return readMap(node, offset, path, state);
  if (isSeq(node)) {
    const items = node.items.map((item, index) => visit(item, [...path, index], offset, state));
    return { offset, kind: 'list', items, size: total(items, offset, path, state) };
  }
  const empty = node.value === null && node.source === '';
  return {
    offset: empty ? undefined : offset,
    kind: 'scalar',
    scalar: plainScalar(node.value),
    source: node.type === 'PLAIN' ? node.source : undefined,
    size: 1,
  };
}

function plainScalar(value: unknown): string | number | boolean | null {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function readMap(node: YAMLMap, offset: number, path: Path, state: State): Located {
  const entries = new Map<string, LocatedEntry>();
  for (const pair of node.items) {
    const key = readKey(pair, offset, path, state);
    if (key === undefined) continue;
    const inner = [...path, key.name];
    if (entries.has(key.name)) {
      report(state, key.offset, inner, 'image.duplicate-key', {
        expected: 'each key once',
        found: `${quote(key.name, 60)} a second time`,
        remedy: 'remove one of the two',
      });
      continue;
    }
    entries.set(key.name, { keyOffset: key.offset, value: visit(pair.value, inner, offset, state) });
  }
  const values = [...entries.values()].map((entry) => entry.value);
  return { offset, kind: 'map', entries, size: total(values, offset, path, state) };
}

function readKey(pair: Pair, offset: number, path: Path, state: State): { name: string; offset: number } | undefined {
  const { key } = pair;
  const at = (isScalar(key) || isMap(key) || isSeq(key) || isAlias(key) ? key.range?.[0] : undefined) ?? offset;
  if (isScalar(key) && key.value !== null) {
    return { name: key.type === 'PLAIN' ? (key.source ?? '') : String(key.value), offset: at };
  }
  report(state, at, path, 'image.key', {
    expected: 'a key of plain text',
    found: isScalar(key) ? 'an empty key' : isAlias(key) ? 'an alias' : 'a map or a list as key',
    remedy: 'write KEY: VALUE',
  });
  return undefined;
}

function followAlias(name: string, offset: number, path: Path, state: State): Located {
  const target = state.anchors.get(name);
  if (target !== undefined && target !== 'open') return target;
  report(state, offset, path, 'image.alias', {
    expected: `an anchor &${name} above the alias`,
    found: target === undefined ? 'none' : 'that the alias stands inside its own anchor',
    remedy: 'write the value out',
  });
  return NOTHING;
}

function total(items: readonly Located[], offset: number, path: Path, state: State): number {
  const sum = items.reduce((size, item) => size + item.size, 1);
  if (sum <= MOST_VALUES) return sum;
  report(state, offset, path, 'image.too-many-values', {
    expected: `at most ${MOST_VALUES} values`,
    found: 'more, aliases counted each time they are used',
    remedy: 'use fewer aliases',
  });
  return 1;
}

function tooDeep(offset: number, path: Path, state: State): Located {
  report(state, offset, path.slice(0, 8), 'image.too-deep', {
    expected: `values at most ${DEEPEST} levels deep`,
    found: 'more levels',
    remedy: 'check the brackets and the indentation',
  });
  return NOTHING;
}

type Words = Pick<Finding, 'expected' | 'found' | 'remedy'>;

function report(state: State, offset: number, path: Path, code: string, words: Words): void {
  state.findings.push({ path, offset, code, ...words });
}
