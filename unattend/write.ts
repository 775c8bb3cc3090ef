import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { IngotError } from '../common/failure.ts';
import type { AnswerFile, Setting } from './model.ts';
import { NAMESPACE } from './namespace.ts';

/** What XML 1.0 cannot hold: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** What a parser would change: a carriage return in a text, any white space but the blank in an attribute. */
const FRAGILE = { text: /\r/g, attribute: /[\t\n\r]/g };
/** An XML name with at most one prefix; narrower than XML's own rule, which no setting's name needs. */
const NAME = /^([\p{L}_][\p{L}\p{N}_.-]*:)?[\p{L}_][\p{L}\p{N}_.-]*$/u;

type Attributes = Readonly<Record<string, string>>;

/**
 * The XML of an answer file: UTF-8 with declaration, indented, the same bytes for the same model. Every value comes
 * back from a parser as it was.
 *
 * @throws IngotError `unattend.character` for what XML cannot hold, `unattend.name` for a name that XML cannot have,
 *   both with the path of the setting
 */
export function writeAnswerFile(file: AnswerFile): string {
  const document = create({ version: '1.0', encoding: 'UTF-8' });
  const root = document.ele(NAMESPACE.unattend, 'unattend');
  root.att(NAMESPACE.xmlns, 'xmlns:wcm', NAMESPACE.wcm);
  root.att(NAMESPACE.xmlns, 'xmlns:xsi', NAMESPACE.xsi);
  setAttributes(root, file.attributes ?? {}, 'unattend');
  for (const { pass, components, attributes } of file.passes) {
    const settings = element(root, 'settings', { pass, ...attributes }, pass);
    for (const component of components) {
      const path = `${pass}/${component.name}`;
      const node = element(settings, 'component', { name: component.name, ...component.attributes }, path);
      for (const setting of component.settings) write(node, setting, path);
    }
  }
  for (const other of file.others ?? []) write(root, other, '');
  return `${document.end({ prettyPrint: true })}\n`;
}

function write(parent: XMLBuilder, setting: Setting, above: string): void {
  const path = above === '' ? setting.name : `${above}/${setting.name}`;
  const node = element(parent, setting.name, setting.attributes ?? {}, path);
  if (setting.action !== undefined) node.att(NAMESPACE.wcm, 'wcm:action', escaped(setting.action, path, 'attribute'));
  if (setting.keyValue !== undefined)
    node.att(NAMESPACE.wcm, 'wcm:keyValue', escaped(setting.keyValue, path, 'attribute'));
  for (const child of setting.children ?? []) write(node, child, path);
  if (setting.value !== undefined && setting.value !== '') node.txt(escaped(setting.value, path, 'text'));
}

function element(parent: XMLBuilder, name: string, attributes: Attributes, path: string): XMLBuilder {
  checkName(name, path);
  const prefix = prefixOf(name);
  const namespace = prefix === undefined ? (attributes.xmlns ?? NAMESPACE.unattend) : attributes[`xmlns:${prefix}`];
  if (namespace === undefined) throw noName(name, path);
  const node = parent.ele(namespace, name);
  setAttributes(node, attributes, path);
  return node;
}

/** Attributes of an element; `xmlns` is in the element's name already. */
function setAttributes(node: XMLBuilder, attributes: Attributes, path: string): void {
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'xmlns') continue;
    checkName(key, `${path}/@${key}`);
    const text = escaped(value, `${path}/@${key}`, 'attribute');
    const prefix = prefixOf(key);
    if (prefix === undefined) node.att(key, text);
    else node.att(namespaceOf(prefix, attributes, `${path}/@${key}`), key, text);
  }
}

function namespaceOf(prefix: string, attributes: Attributes, path: string): string {
  const own: Readonly<Record<string, string>> = {
    xmlns: NAMESPACE.xmlns,
    xml: NAMESPACE.xml,
    wcm: NAMESPACE.wcm,
    xsi: NAMESPACE.xsi,
  };
  const namespace = attributes[`xmlns:${prefix}`] ?? own[prefix];
  if (namespace === undefined) throw noName(prefix, path);
  return namespace;
}

function prefixOf(name: string): string | undefined {
  return name.includes(':') ? name.slice(0, name.indexOf(':')) : undefined;
}

function checkName(name: string, path: string): void {
  if (!NAME.test(name)) throw noName(name, path);
}

function noName(name: string, path: string): IngotError {
  return new IngotError('unattend.name', `Expected a name that XML can have in ${path}, found “${name}”`, {
    remedy: 'Correct the name; one with a prefix needs the attribute xmlns:PREFIX.',
  });
}

/**
 * A value with what needs a reference. The builder takes text that looks like a reference (`&lt;`, `&#10;`) for one, so
 * every ampersand is escaped here; the rest it escapes itself.
 */
function escaped(value: string, path: string, kind: keyof typeof FRAGILE): string {
  const found = FORBIDDEN.exec(value);
  if (found !== null) {
    const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    throw new IngotError(
      'unattend.character',
      `Expected text that XML can hold in ${path}, found U+${code} at ${found.index}`,
      { remedy: 'Remove the character.' },
    );
  }
  return value.replaceAll('&', '&amp;').replace(FRAGILE[kind], (character) => `&#${character.charCodeAt(0)};`);
}
