import { SaxesParser } from 'saxes';

/** One element of an answer, with its namespaces resolved: names and xsi:type are local names. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The local name of `xsi:type`, whatever the prefix. */
  readonly xsiType: string | undefined;
  readonly children: XmlNode[];
  text: string;
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** Parses a document into a light tree. Throws the parser's error if it is not well-formed. */
export function parseXml(text: string): XmlNode {
  const root: XmlNode = { name: '', attributes: {}, xsiType: undefined, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const attributes: Record<string, string> = {};
    let xsiType: string | undefined;
    for (const { local, prefix, uri, value } of Object.values(tag.attributes)) {
      if (uri === XSI && local === 'type') xsiType = value.slice(value.indexOf(':') + 1);
      else if (prefix === '') attributes[local] = value;
    }
    const node: XmlNode = { name: tag.local, attributes, xsiType, children: [], text: '' };
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  const addText = (piece: string) => {
    const node = open.at(-1);
    if (node) node.text += piece;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => open.pop());
  parser.write(text).close();
  return root.children[0] ?? root;
}

/** The first child of that name. */
export function child(node: XmlNode | undefined, name: string): XmlNode | undefined {
  return node?.children.find((item) => item.name === name);
}

/** What XML 1.0 cannot carry, not even escaped. */
function isForbidden(unit: number): boolean {
  return (unit < 32 && unit !== 9 && unit !== 10 && unit !== 13) || unit === 0xfffe || unit === 0xffff;
}

/** Text as element content. Returns undefined if it holds a character that XML cannot carry. */
export function escapeXml(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined;
  for (let i = 0; i < text.length; i++) if (isForbidden(text.charCodeAt(i))) return undefined;
  // A bare CR would arrive as LF.
  return text.replace(/[&<>\r]/g, (c) => (c === '\r' ? '&#13;' : `&${{ '&': 'amp', '<': 'lt', '>': 'gt' }[c]};`));
}
