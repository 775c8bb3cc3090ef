import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  stringify,
  type YAMLSeq,
} from 'yaml';
import { IngotError } from '../../common/failure.ts';

/** One YAML file with the object that is changed in it. */
export interface ObjectInFile {
  readonly file: string;
  readonly text: string;
  readonly document: Document.Parsed;
  /** All documents of the stream. */
  readonly documents: readonly Document.Parsed[];
  /** `file:line:column` of a path in the object, or of what stands nearest above it. */
  at(path: readonly string[]): string;
}

/**
 * The one object of a kind in a YAML stream.
 *
 * @throws IngotError `tanzu.yaml` (not YAML, with line and column), `tanzu.kind` (none of that kind, or several)
 */
export function objectOf(file: string, text: string, kind: string): ObjectInFile {
  const lines = new LineCounter();
  const found = parseAllDocuments(text, { lineCounter: lines });
  const documents = Array.isArray(found) ? found : [];
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [wrong] = documents.flatMap(({ errors }) => errors);
  if (wrong !== undefined) {
    const [what = ''] = wrong.message.split('\n');
    throw new IngotError('tanzu.yaml', `expected YAML in ${place(wrong.pos[0])}, found: ${what}`, {
      remedy: 'write the object anew with kubectl get … -o yaml',
    });
  }
  const ofKind = documents.filter((document) => document.get('kind') === kind);
  const [document] = ofKind;
  if (document === undefined || ofKind.length > 1) {
    const kinds = documents.map((one) => String(one.get('kind') ?? 'no kind'));
    throw new IngotError(
      'tanzu.kind',
      `expected one object of kind ${kind} in ${file}, found ${ofKind.length > 1 ? ofKind.length : kinds.join(', ') || 'nothing'}`,
      { remedy: `give the file that holds it, as kubectl get ${kind.toLowerCase()} NAME -o yaml writes it` },
    );
  }
  const at = (path: readonly string[]): string => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if ((isScalar(node) || isMap(node) || isSeq(node)) && node.range) return place(node.range[0]);
    }
    return place(0);
  };
  return { file, text, document, documents, at };
}

/**
 * The text with one more item at the end of a list; all else stays byte by byte, comments and all. Only a list that is
 * not written as a block (`[a, b]`), or is not there, makes the document be written anew.
 *
 * @throws IngotError `tanzu.list`: something else stands there
 */
export function withItem(given: ObjectInFile, path: readonly string[], item: object): string {
  requireList(given, path);
  const { text, document, documents } = given;
  const list = document.getIn(path, true);
  const last = isSeq(list) && list.flow !== true ? endOf(list, text) : undefined;
  if (last === undefined) {
    if (isSeq(list)) list.add(document.createNode(item));
    else document.setIn(path, document.createNode([item]));
    return documents.map((one) => one.toString({ lineWidth: 0 })).join(documents.length > 1 ? '---\n' : '');
  }
  const lines = stringify(item, { indentSeq: false, lineWidth: 0 }).trimEnd().split('\n');
  const added = lines.map((line, index) => `${last.indent}${index === 0 ? '- ' : '  '}${line}`).join('\n');
  return `${text.slice(0, last.end)}\n${added}${text.slice(last.end) || '\n'}`;
}

/** What is there and is no list, or could not hold one, is not overwritten. */
function requireList({ document, at }: ObjectInFile, path: readonly string[]): void {
  for (let length = 1; length <= path.length; length++) {
    const here = path.slice(0, length);
    const last = length === path.length;
    const node = document.getIn(here, true);
    if (node === undefined || (last ? isSeq(node) || (isScalar(node) && node.value === null) : isMap(node))) continue;
    const found = isAlias(node) ? 'an alias' : isMap(node) ? 'a map' : isSeq(node) ? 'a list' : text(node);
    throw new IngotError(
      'tanzu.list',
      `expected ${last ? 'a list' : 'a map'} as ${here.join('.')} at ${at(here)}, found ${found}`,
      { remedy: 'write the object anew with kubectl get … -o yaml' },
    );
  }
}

function text(node: unknown): string {
  return isScalar(node) && node.value !== null ? String(node.value) : 'nothing';
}

/** Where the line of the last item ends, and what its dash is indented by; undefined for an empty list. */
function endOf(list: YAMLSeq, text: string): { readonly end: number; readonly indent: string } | undefined {
  const item = list.items.at(-1);
  const first = list.range?.[0];
  if (!(isScalar(item) || isMap(item) || isSeq(item)) || !item.range || first === undefined) return undefined;
  const value = text.slice(0, item.range[1]).trimEnd().length;
  const line = text.indexOf('\n', value);
  const lineStart = text.lastIndexOf('\n', first - 1) + 1;
  const indent = text.slice(lineStart, first);
  if (indent.trim() !== '') return undefined;
  return { end: line < 0 ? text.length : line, indent };
}
