import { IngotError } from '../common/failure.ts';
import { isRef } from './values.ts';
import type { WireProperty } from './wire.ts';
import { isA, isNewer, propertiesOf, sinceOf } from './wire.ts';
import { escapeXml } from './xml.ts';

/** Where in a request we are, and the API version of the server. */
interface Place {
  readonly path: string;
  readonly api: string;
}

/**
 * Parameters or properties as XML elements, walked in the order of the wire, so another order is impossible.
 *
 * Refused (`vsphere.request`): a property that does not exist, a missing one, a wrong type, one the server is too old
 * for (`vsphere.too-old`). What is newer than the server is never dropped silently: the caller asked for it.
 */
export function encodeProperties(values: object, expected: readonly WireProperty[], place: Place): string {
  const given = new Map(Object.entries(values).filter(([name, value]) => value !== undefined && name !== '$type'));
  let xml = '';
  for (const property of expected) {
    const value: unknown = given.get(property.name);
    given.delete(property.name);
    const here = { ...place, path: `${place.path}.${property.name}` };
    if (value === undefined || value === null) {
      if (!property.optional && !property.array) refuse(here, `a ${property.type}`, 'nothing');
      continue;
    }
    checkAge(property.since, here);
    if (!property.array) xml += encodeValue(property.name, value, property.type, here);
    else if (!Array.isArray(value)) refuse(here, 'an array', describe(value));
    else for (const item of value) xml += encodeValue(property.name, item, property.type, here);
  }
  for (const name of given.keys()) refuse(place, `a property of the type's`, `"${name}"`);
  return xml;
}

function encodeValue(name: string, value: unknown, type: string, place: Place): string {
  if (type === 'any') return encodeAny(name, value, place);
  if (type.startsWith('&')) {
    if (!isRef(value)) return refuse(place, `a reference to a ${type.slice(1) || 'managed object'}`, describe(value));
    return `<${name} type="${text(value.type, place)}">${text(value.value, place)}</${name}>`;
  }
  if (propertiesOf(type) !== undefined) return encodeObject(name, value, type, place);
  return `<${name}>${encodeSimple(value, type, place)}</${name}>`;
}

function encodeObject(name: string, value: unknown, type: string, place: Place): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(place, `a ${type}`, describe(value));
  const actual = '$type' in value ? String(value.$type) : type;
  const properties = propertiesOf(actual);
  if (properties === undefined || !isA(actual, type)) return refuse(place, `a ${type}`, `a ${actual}`);
  checkAge(sinceOf(actual), place);
  const xsiType = actual === type ? '' : ` xsi:type="${actual}"`;
  return `<${name}${xsiType}>${encodeProperties(value, properties, place)}</${name}>`;
}

function encodeAny(name: string, value: unknown, place: Place): string {
  const open = (type: string) => `<${name} xsi:type="${type}">`;
  if (typeof value === 'string') return `${open('xsd:string')}${text(value, place)}</${name}>`;
  if (typeof value === 'boolean') return `${open('xsd:boolean')}${value}</${name}>`;
  if (typeof value === 'number') {
    const type = !Number.isInteger(value) ? 'double' : value === (value | 0) ? 'int' : 'long';
    return `${open(`xsd:${type}`)}${encodeSimple(value, type, place)}</${name}>`;
  }
  if (Array.isArray(value)) {
    if (!value.every((item) => typeof item === 'string')) return refuse(place, 'an array of strings', describe(value));
    const items = value.map((item) => `<string>${text(item, place)}</string>`).join('');
    return `${open('ArrayOfString')}${items}</${name}>`;
  }
  if (typeof value === 'object' && value !== null && '$type' in value) {
    const actual = String(value.$type);
    const properties = propertiesOf(actual);
    if (properties === undefined) return refuse(place, 'a known type', actual);
    return `${open(actual)}${encodeProperties(value, properties, place)}</${name}>`;
  }
  if (!isRef(value)) return refuse(place, 'a value with a type', describe(value));
  return `<${name} xsi:type="ManagedObjectReference" type="${text(value.type, place)}">${text(value.value, place)}</${name}>`;
}

const WHOLE: Readonly<Record<string, number>> = { byte: 2 ** 7, short: 2 ** 15, int: 2 ** 31, long: 2 ** 53 };

function encodeSimple(value: unknown, type: string, place: Place): string {
  const limit = WHOLE[type];
  if (limit !== undefined) {
    if (typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit) return String(value);
    return refuse(place, `a whole number (${type})`, describe(value));
  }
  if (type === 'boolean')
    return typeof value === 'boolean' ? String(value) : refuse(place, 'a boolean', describe(value));
  if (type === 'float' || type === 'double')
    return typeof value === 'number' && Number.isFinite(value)
      ? String(value)
      : refuse(place, 'a number', describe(value));
  return typeof value === 'string' ? text(value, place) : refuse(place, 'a string', describe(value));
}

function text(value: string, place: Place): string {
  return (
    escapeXml(value)?.replaceAll('"', '&quot;') ?? refuse(place, 'text that XML can carry', 'a control character in it')
  );
}

function checkAge(since: string | undefined, { path, api }: Place): void {
  if (since === undefined || !isNewer(since, api)) return;
  throw new IngotError('vsphere.too-old', `${path} exists since vSphere API ${since}, the server speaks ${api}`, {
    remedy: 'Leave the setting that needs it out, or build on a newer vCenter.',
  });
}

function describe(value: unknown): string {
  return Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
}

function refuse(place: Place, expected: string, found: string): never {
  throw new IngotError('vsphere.request', `${place.path}: expected ${expected}, found ${found}`);
}
