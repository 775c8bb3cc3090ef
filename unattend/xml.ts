import { SaxesParser, type SaxesTagNS } from 'saxes';
import { checkSize, decodeXml } from './decode.ts';
import type { Place } from './model.ts';
import { placesOf, unreadable } from './place.ts';

/** Nothing in the documented settings is deeper than ten levels. */
const MOST_LEVELS = 64;
const REMEDY = 'Correct the XML at this place.';

/** An element as parsed, before it has a meaning. */
export interface Element {
  readonly tag: SaxesTagNS;
  readonly place: Place;
  readonly children: Element[];
  text: string;
}

/**
 * The elements of an XML document with namespaces, line and column. A document type is refused, so there are no entities
 * but those of XML itself, and nothing outside the file is read. Comments and processing instructions are not kept.
 *
 * @throws IngotError `unattend.xml`, `unattend.doctype`, `unattend.mixed` (text beside elements), `unattend.encoding`,
 *   `unattend.size`, all with line and column
 */
export function parseElements(xml: string | Uint8Array): Element {
  if (typeof xml === 'string') checkSize(xml);
  // A byte order mark is no part of the text, and every line ends in LF (XML 1.0, 2.11): places count as editors do.
  const text = (typeof xml === 'string' ? xml : decodeXml(xml)).replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const parser = new SaxesParser({ xmlns: true });
  const places = placesOf(text);
  const open: Element[] = [];
  let root: Element | undefined;
  let place: Place = { line: 1, column: 1 };
  parser.on('error', (error) => {
    const at = places(Math.min(parser.position, text.length));
    throw unreadable('unattend.xml', at, error.message.replace(/^\d+:\d+: /, ''), REMEDY);
  });
  parser.on('doctype', () => {
    const at = places(Math.max(0, text.indexOf('<!DOCTYPE')));
    throw unreadable('unattend.doctype', at, 'expected no document type, found one', 'Remove <!DOCTYPE …>.');
  });
  parser.on('opentagstart', () => {
    place = places(text.lastIndexOf('<', parser.position - 1));
  });
  parser.on('opentag', (tag) => {
    if (open.length >= MOST_LEVELS) {
      throw unreadable('unattend.xml', place, `expected at most ${MOST_LEVELS} levels, found more`, REMEDY);
    }
    const element: Element = { tag, place, children: [], text: '' };
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
      const found = `expected no text beside the elements of <${element.tag.name}>, found “${element.text.trim().slice(0, 40)}”`;
      throw unreadable('unattend.mixed', element.place, found, REMEDY);
    }
  });
  parser.write(text).close();
  if (root === undefined) throw unreadable('unattend.xml', place, 'expected an element, found none', REMEDY);
  return root;
}
