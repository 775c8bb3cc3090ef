import { execFileSync } from 'node:child_process';
import type { AnswerFile, Setting } from '../../unattend/model.ts';
import { NAMESPACE } from '../../unattend/namespace.ts';

/** An element as another parser reads it: names and attributes with their namespaces, as `{namespace}name`. */
export interface Tree {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of elements without children only. */
  readonly text: string;
  readonly children: readonly Tree[];
}

const SCRIPT = `
import base64, json, sys, xml.etree.ElementTree as tree
def shape(e):
    return {'name': e.tag, 'attributes': dict(sorted(e.attrib.items())), 'text': '' if len(e) else e.text or '', 'children': [shape(c) for c in e]}
json.dump([shape(tree.fromstring(base64.b64decode(f))) for f in json.load(sys.stdin)], sys.stdout)`;

/** Files as Python's ElementTree (expat) reads them, in one process for all. */
export function pythonTrees(files: readonly (string | Uint8Array)[]): readonly Tree[] {
  const input = JSON.stringify(files.map((file) => Buffer.from(file).toString('base64')));
  return JSON.parse(execFileSync('python3', ['-c', SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 28 }));
}

/** The texts of all elements without children, in the order of the document. */
export function leaves({ text, children }: Tree): readonly string[] {
  return children.length === 0 ? [text] : children.flatMap(leaves);
}

/** A model as the same kind of tree; elements beside the passes stand last. */
export function modelTree(file: AnswerFile): Tree {
  const passes = file.passes.map(({ pass, attributes, components }) =>
    node('settings', { pass, ...attributes }, [
      ...components.map(({ name, attributes: own, settings }) =>
        node('component', { name, ...own }, settings.map(settingTree)),
      ),
    ]),
  );
  return node('unattend', file.attributes ?? {}, [...passes, ...(file.others ?? []).map(settingTree)]);
}

/** The same order for the other parser's tree. */
export function passesFirst(tree: Tree): Tree {
  const isPass = ({ name }: Tree) => name === `{${NAMESPACE.unattend}}settings`;
  const children = [...tree.children.filter(isPass), ...tree.children.filter((child) => !isPass(child))];
  return { ...tree, children };
}

function settingTree({ name, value, children, attributes, action, keyValue }: Setting): Tree {
  return node(
    name,
    {
      ...attributes,
      ...(action === undefined ? {} : { 'wcm:action': action }),
      ...(keyValue === undefined ? {} : { 'wcm:keyValue': keyValue }),
    },
    children?.map(settingTree) ?? [],
    value,
  );
}

function node(name: string, attributes: Readonly<Record<string, string>>, children: readonly Tree[], text = ''): Tree {
  const plain = Object.entries(attributes).filter(([key]) => key !== 'xmlns' && !key.startsWith('xmlns:'));
  const expanded = plain.map(([key, value]) => [key.includes(':') ? expand(key, attributes) : key, value] as const);
  return {
    name: expand(name, attributes),
    attributes: Object.fromEntries(expanded.sort(([a], [b]) => (a < b ? -1 : 1))),
    text: children.length === 0 ? text : '',
    children,
  };
}

function expand(name: string, attributes: Readonly<Record<string, string>>): string {
  const [prefix, local] = name.includes(':') ? name.split(':') : [undefined, name];
  if (prefix === undefined) {
    const uri = attributes.xmlns ?? NAMESPACE.unattend;
    return uri === '' ? name : `{${uri}}${local}`;
  }
  const known: Readonly<Record<string, string>> = { wcm: NAMESPACE.wcm, xsi: NAMESPACE.xsi, xml: NAMESPACE.xml };
  return `{${attributes[`xmlns:${prefix}`] ?? known[prefix] ?? 'undeclared'}}${local}`;
}
