import { SaxesParser, type SaxesTagNS } from 'saxes';
import { IngotError } from '../common/failure.ts';
import { decodeXml } from './decode.ts';
import type { AnswerFile, Component, PassSettings, Place, Setting } from './model.ts';
import { NAMESPACE } from './namespace.ts';

/** Nothing in the documented settings is deeper than ten levels. */
const MOST_LEVELS = 64;

/** An element as parsed, before it has a meaning. */
interface Element {
  readonly tag: SaxesTagNS;
  readonly place: Place;
  readonly children: Element[];
  text: string;
}

/**
 * Reads an answer file into the model, with line and column of every setting. Any prefix of the documented namespaces
 * is understood; comments are not kept.
 *
 * @param xml text, or bytes in UTF-8, UTF-16 or the encoding that they declare
 * @throws IngotError `unattend.xml` (malformed), `unattend.root` (no answer file), `unattend.mixed` (text beside
 *   elements), each with line and column; `unattend.encoding`
 */
export function parseAnswerFile(xml: string | Uint8Array): AnswerFile {
  const text = (typeof xml === 'string' ? xml : decodeXml(xml)).replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const root = parseElements(text.replaceAll('\r', '\n'));
  if (root.tag.uri !== NAMESPACE.unattend || root.tag.local !== 'unattend') {
    throw failure(
      'unattend.root',
      root.place,
      `expected <unattend xmlns="${NAMESPACE.unattend}">, found <${root.tag.name}>`,
    );
  }
  const isPass = (element: Element) => element.tag.uri === NAMESPACE.unattend && element.tag.local === 'settings';
  const others = root.children.filter((child) => !isPass(child)).map(toSetting);
  const passes = root.children.filter(isPass).map(toPass);
  return others.length === 0 ? { passes } : { passes, others };
}

function parseElements(text: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const places = placesOf(text);
  const open: Element[] = [];
  let root: Element | undefined;
  let place: Place = { line: 1, column: 1 };
  parser.on('error', (error) => {
    const at = places(Math.min(parser.position, text.length));
    throw failure('unattend.xml', at, error.message.replace(/^\d+:\d+: /, ''));
  });
  parser.on('opentagstart', () => {
    place = places(text.lastIndexOf('<', parser.position - 1));
  });
  parser.on('opentag', (tag) => {
    const element: Element = { tag, place, children: [], text: '' };
    if (open.length >= MOST_LEVELS) throw failure('unattend.xml', place, `expected at most ${MOST_LEVELS} levels`);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const collect = (piece: string) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  };
  parser.on('text', collect);
  parser.on('cdata', collect);
  parser.on('closetag', () => {
    const element = open.pop();
    if (element !== undefined && element.children.length > 0 && element.text.trim() !== '') {
      throw failure('unattend.mixed', element.place, `expected no text beside the elements of <${element.tag.name}>`);
    }
  });
  parser.write(text).close();
  if (root === undefined) throw failure('unattend.xml', place, 'expected an element, found none');
  return root;
}

function toPass(element: Element): PassSettings {
  const { pass, ...attributes } = plainAttributes(element.tag);
  const components: Component[] = element.children.map((child) => {
    if (child.tag.local !== 'component') {
      throw failure('unattend.root', child.place, `expected <component>, found <${child.tag.name}>`);
    }
    const { name, ...rest } = plainAttributes(child.tag);
    return { name: name ?? '', attributes: rest, settings: child.children.map(toSetting), place: child.place };
  });
  const settings = { pass: pass ?? '', components, place: element.place };
  return Object.keys(attributes).length === 0 ? settings : { ...settings, attributes };
}

function toSetting(element: Element): Setting {
  const { tag } = element;
  const attributes = plainAttributes(tag);
  const named = (local: string) =>
    Object.values(tag.attributes).find((attribute) => attribute.uri === NAMESPACE.wcm && attribute.local === local)
      ?.value;
  return {
    name: tag.uri === NAMESPACE.unattend ? tag.local : tag.name,
    ...(element.children.length > 0 ? { children: element.children.map(toSetting) } : { value: element.text }),
    ...defined('action', named('action')),
    ...defined('keyValue', named('keyValue')),
    ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    place: element.place,
  };
}

function defined<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  const pair: { [P in K]?: string } = {};
  if (value !== undefined) pair[key] = value;
  return pair;
}

/**
 * Attributes by their names as written, without those of WCM. Of the namespaces only those that the element itself or
 * its attributes use are declared, wherever the file declares them.
 */
function plainAttributes(tag: SaxesTagNS): Record<string, string> {
  const attributes: Record<string, string> = {};
  const used = [{ prefix: tag.prefix, uri: tag.uri }];
  for (const { name, value, prefix, uri } of Object.values(tag.attributes)) {
    if (uri === NAMESPACE.wcm || uri === NAMESPACE.xmlns) continue;
    attributes[name] = value;
    used.push({ prefix, uri });
  }
  for (const { prefix, uri } of used) {
    if (!['', 'xml'].includes(prefix) && uri !== NAMESPACE.unattend && uri !== NAMESPACE.xsi)
      attributes[`xmlns:${prefix}`] = uri;
  }
  return attributes;
}

/** Turns an index into the text into line and column. */
function placesOf(text: string): (index: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (index) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: index - (starts[low] ?? 0) + 1 };
  };
}

function failure(code: string, { line, column }: Place, found: string): IngotError {
  return new IngotError(code, `Answer file, line ${line}, column ${column}: ${found}`, {
    remedy: 'Correct the XML at this place.',
    evidence: [`line: ${line}`, `column: ${column}`],
  });
}
