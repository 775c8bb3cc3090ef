import { SaxesParser } from 'saxes';

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const XSD_TYPES = new Set(
  'string int long short byte boolean double float dateTime anyURI base64Binary anyType'.split(' '),
);

/** One element of a parsed document: local names only, since vCenter and its clients choose prefixes freely. */
export interface XmlElement {
  readonly name: string;
  /** Local part of `xsi:type`, if there is one. */
  readonly type: string | undefined;
  /** Attributes by local name. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The element's own character data; of its children nothing. */
  readonly text: string;
}

interface OpenElement {
  name: string;
  type: string | undefined;
  attributes: Record<string, string>;
  children: OpenElement[];
  text: string;
}

/** Parses a document with namespaces resolved. Throws saxes' error (with line and column) if it is not well-formed. */
export function parseXml(source: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const stack: OpenElement[] = [];
  let root: OpenElement | undefined;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const element: OpenElement = { name: tag.local, type: undefined, attributes: {}, children: [], text: '' };
    for (const attribute of Object.values(tag.attributes)) {
      if (attribute.uri === XSI && attribute.local === 'type') element.type = localName(attribute.value);
      else element.attributes[attribute.local] = attribute.value;
    }
    const parent = stack.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
    stack.push(element);
  });
  parser.on('closetag', () => {
    stack.pop();
  });
  const onText = (text: string) => {
    const element = stack.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on('text', onText);
  parser.on('cdata', onText);
  parser.write(source).close();
  if (root === undefined) throw new Error('the document has no element');
  return root;
}

/** The first descendant along a path of child names. */
export function at(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  let current = element;
  for (const name of path) current = current?.children.find((child) => child.name === name);
  return current;
}

/** The text at a path of child names, trimmed. */
export function textAt(element: XmlElement | undefined, ...path: string[]): string | undefined {
  return at(element, ...path)?.text.trim();
}

/** All children of that name. */
export function all(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? '&#13;');
}

/** One element with text, for building requests. */
export function leaf(name: string, text: string | number | boolean, type?: string): string {
  return `<${name}${typeAttribute(type)}>${escapeXml(String(text))}</${name}>`;
}

/** One element around markup. */
export function node(name: string, inner: string, type?: string): string {
  return `<${name}${typeAttribute(type)}>${inner}</${name}>`;
}

/** Writes a parsed element again, under its own or another name, in the vim25 namespace of the surrounding request. */
export function writeXml(element: XmlElement, name = element.name): string {
  // `type` is the attribute of managed object references.
  const reference = element.attributes.type === undefined ? '' : ` type="${escapeXml(element.attributes.type)}"`;
  const inner =
    element.children.length === 0 ? escapeXml(element.text) : element.children.map((child) => writeXml(child)).join('');
  return `<${name}${reference}${typeAttribute(element.type)}>${inner}</${name}>`;
}

function typeAttribute(type: string | undefined): string {
  if (type === undefined) return '';
  return ` xsi:type="${XSD_TYPES.has(type) ? 'xsd:' : ''}${type}"`;
}

function localName(qualified: string): string {
  return qualified.slice(qualified.indexOf(':') + 1);
}
