import type { Ref, VimFault } from './values.ts';
import { isA, propertiesOf } from './wire.ts';
import type { XmlNode } from './xml.ts';
import { child } from './xml.ts';

const NUMBERS = new Set(['byte', 'short', 'int', 'long', 'float', 'double']);

/**
 * The value of an element whose declared type is known. A subtype the client does not know is read as far as its base
 * goes, the rest by its shape. `$type` is set where the server named the type.
 */
export function decodeValue(node: XmlNode, declared: string): unknown {
  if (declared === 'fault') return decodeFault(node);
  const actual = node.xsiType ?? (declared === 'any' ? undefined : declared);
  if (actual === undefined) return decodeByShape(node);
  if (actual === 'LocalizedMethodFault' || isA(actual, 'MethodFault')) return decodeFault(node);
  if (actual.startsWith('ArrayOf')) return decodeArray(node, actual.slice('ArrayOf'.length));
  if (actual === 'ManagedObjectReference' || actual.startsWith('&')) return decodeRef(node);
  const properties = propertiesOf(actual) ?? (node.children.length > 0 ? propertiesOf(declared) : undefined);
  if (properties === undefined)
    return node.children.length > 0 ? decodeByShape(node) : decodeSimple(node.text, actual.replace('=', ''));
  const byName = new Map(properties.map((property) => [property.name, property]));
  const value: Record<string, unknown> = node.xsiType === undefined ? {} : { $type: node.xsiType };
  for (const item of node.children) {
    const property = byName.get(item.name);
    if (property === undefined) addByShape(value, item);
    else if (!property.array) value[item.name] = decodeValue(item, property.type);
    else append(value, item.name, decodeValue(item, property.type));
  }
  return value;
}

/** A `LocalizedMethodFault`, or a fault by itself. */
export function decodeFault(node: XmlNode): VimFault {
  const inner = child(node, 'fault');
  const body = inner?.xsiType === undefined ? node : inner;
  const details: Record<string, unknown> = {};
  for (const item of body.children) {
    if (item.name === 'faultCause') details[item.name] = decodeFault(item);
    else if (item.name === 'faultMessage') append(details, item.name, decodeValue(item, 'LocalizableMessage'));
    else addByShape(details, item);
  }
  const type = body.xsiType ?? body.name.replace(/Fault$/, '');
  return { type, message: faultText(child(node, 'localizedMessage')?.text, details) || type, details };
}

/** `localizedMessage`, completed with `faultMessage[].message`: it may end at a colon, and the reason is there. */
function faultText(localized: string | undefined, details: Readonly<Record<string, unknown>>): string {
  const text = (localized ?? '').trim();
  if (text !== '' && !text.endsWith(':')) return text;
  const { faultMessage } = details;
  const reasons = Array.isArray(faultMessage)
    ? faultMessage.flatMap((item: { message?: string }) => (item.message === undefined ? [] : [item.message]))
    : [];
  return [text, ...reasons].filter(Boolean).join(' ');
}

function decodeArray(node: XmlNode, itemType: string): unknown[] {
  const simple = itemType.charAt(0).toLowerCase() + itemType.slice(1);
  const declared = NUMBERS.has(simple) || simple === 'boolean' || simple === 'string' ? simple : itemType;
  return node.children.map((item) => decodeValue(item, declared === 'AnyType' ? 'any' : declared));
}

function decodeRef(node: XmlNode): Ref {
  return { type: node.attributes.type ?? '', value: node.text.trim() };
}

function decodeSimple(text: string, type: string): unknown {
  if (NUMBERS.has(type)) return Number(text);
  if (type === 'boolean') return text.trim() === 'true' || text.trim() === '1';
  return text;
}

function decodeByShape(node: XmlNode): unknown {
  if (node.children.length > 0) {
    const value: Record<string, unknown> = node.xsiType === undefined ? {} : { $type: node.xsiType };
    for (const item of node.children) addByShape(value, item);
    return value;
  }
  return node.attributes.type === undefined ? node.text : decodeRef(node);
}

/** Without a type an element seen twice is an array. */
function addByShape(value: Record<string, unknown>, item: XmlNode): void {
  const decoded = item.xsiType === undefined ? decodeByShape(item) : decodeValue(item, 'any');
  const before = value[item.name];
  if (before === undefined) value[item.name] = decoded;
  else if (Array.isArray(before)) before.push(decoded);
  else value[item.name] = [before, decoded];
}

function append(value: Record<string, unknown>, name: string, item: unknown): void {
  const list = value[name];
  if (Array.isArray(list)) list.push(item);
  else value[name] = [item];
}
