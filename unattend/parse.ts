import type { SaxesTagNS } from 'saxes';
import type { AnswerFile, Component, PassSettings, Setting } from './model.ts';
import { NAMESPACE } from './namespace.ts';
import { unreadable } from './place.ts';
import { type Element, parseElements } from './xml.ts';

const REMEDY = 'Check that this is an answer file of Windows Setup.';

/**
 * Reads an answer file into the model, with line and column of every setting. Any prefix of the documented namespaces
 * is understood; comments are not kept.
 *
 * @param xml text, or bytes in UTF-8, UTF-16 or the encoding that they declare; at most 8 MiB
 * @throws IngotError `unattend.root` (no answer file), `unattend.xml` (malformed), `unattend.doctype`,
 *   `unattend.mixed` (text beside elements), `unattend.encoding`, `unattend.size`: each with line and column in the
 *   message, and as evidence (`line: 3`, `column: 7`)
 */
export function parseAnswerFile(xml: string | Uint8Array): AnswerFile {
  const root = parseElements(xml);
  if (root.tag.uri !== NAMESPACE.unattend || root.tag.local !== 'unattend') {
    const found = `expected <unattend xmlns="${NAMESPACE.unattend}">, found <${root.tag.name}>`;
    throw unreadable('unattend.root', root.place, found, REMEDY);
  }
  const others = root.children.filter((child) => !isNamed(child, 'settings')).map(toSetting);
  const attributes = attributesOf(root.tag, []);
  return {
    passes: root.children.filter((child) => isNamed(child, 'settings')).map(toPass),
    ...(others.length === 0 ? {} : { others }),
    ...(isEmpty(attributes) ? {} : { attributes }),
  };
}

function toPass(element: Element): PassSettings {
  const { pass, ...attributes } = attributesOf(element.tag, []);
  const components = element.children.map((child): Component => {
    if (!isNamed(child, 'component')) {
      const found = `expected <component>, found <${child.tag.name}>`;
      throw unreadable('unattend.root', child.place, found, REMEDY);
    }
    const { name, ...rest } = attributesOf(child.tag, []);
    return { name: name ?? '', attributes: rest, settings: child.children.map(toSetting), place: child.place };
  });
  const settings = { pass: pass ?? '', components, place: element.place };
  return isEmpty(attributes) ? settings : { ...settings, attributes };
}

/** What WCM says of a list item, which the model has fields for. */
const WCM = ['action', 'keyValue'] as const;

function toSetting(element: Element): Setting {
  const { tag } = element;
  const attributes = attributesOf(tag, WCM);
  const named = (local: string) =>
    Object.values(tag.attributes).find((attribute) => attribute.uri === NAMESPACE.wcm && attribute.local === local)
      ?.value;
  return {
    name: tag.uri === NAMESPACE.unattend ? tag.local : tag.name,
    ...(element.children.length > 0 ? { children: element.children.map(toSetting) } : { value: element.text }),
    ...defined('action', named('action')),
    ...defined('keyValue', named('keyValue')),
    ...(isEmpty(attributes) ? {} : { attributes }),
    place: element.place,
  };
}

function isNamed({ tag }: Element, local: string): boolean {
  return tag.uri === NAMESPACE.unattend && tag.local === local;
}

function isEmpty(attributes: Readonly<Record<string, string>>): boolean {
  return Object.keys(attributes).length === 0;
}

function defined<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  const pair: { [P in K]?: string } = {};
  if (value !== undefined) pair[key] = value;
  return pair;
}

/**
 * Attributes by their names as written, without those of WCM that are named. Of the namespaces only those that the
 * element itself or its attributes use are declared, wherever the file declares them; the three that every written file
 * declares are left out.
 */
function attributesOf(tag: SaxesTagNS, without: readonly string[]): Record<string, string> {
  const attributes: Record<string, string> = {};
  const used = tag.uri === NAMESPACE.unattend ? [] : [{ prefix: tag.prefix, uri: tag.uri }];
  for (const { name, value, prefix, local, uri } of Object.values(tag.attributes)) {
    if (uri === NAMESPACE.xmlns || (uri === NAMESPACE.wcm && without.includes(local))) continue;
    attributes[name] = value;
    if (prefix !== '') used.push({ prefix, uri });
  }
  for (const { prefix, uri } of used) {
    if (prefix === '') attributes.xmlns = uri;
    else if (
      prefix !== 'xml' &&
      !(prefix === 'wcm' && uri === NAMESPACE.wcm) &&
      !(prefix === 'xsi' && uri === NAMESPACE.xsi)
    )
      attributes[`xmlns:${prefix}`] = uri;
  }
  return attributes;
}
