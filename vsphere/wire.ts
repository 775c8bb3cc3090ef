import { methods, subtypes, types } from './vim25.wire.gen.ts';

/** One property or parameter as it goes over the wire. */
export interface WireProperty {
  readonly name: string;
  /** A simple type (`int`), a data object (`OptionValue`), an enum (`=TaskInfoState`), a reference (`&Folder`, `&`). */
  readonly type: string;
  readonly array: boolean;
  readonly optional: boolean;
  /** The API version it came with; absent when every supported server has it. */
  readonly since: string | undefined;
}

export type MethodName = keyof typeof methods;

export interface WireMethod {
  readonly owner: string;
  /** `Folder.createVm`: the `descriptionId` of the method's task, but for the owner, which may be a subtype. */
  readonly descriptionId: string;
  /** The privilege the method asks for on its object; '' when that depends on the arguments. */
  readonly privilege: string;
  /** It changes nothing, so it may be sent again after a lost answer. */
  readonly repeatable: boolean;
  readonly returns: { readonly type: string; readonly array: boolean };
  readonly params: readonly WireProperty[];
  readonly since: string | undefined;
}

const parsedTypes = new Map<string, readonly WireProperty[]>();
const parsedMethods = new Map<string, WireMethod>();
let baseOfOthers: Map<string, string> | undefined;

/** All properties of a data type, inherited ones first, in the order vCenter demands; undefined for an unknown type. */
export function propertiesOf(type: string): readonly WireProperty[] | undefined {
  const known = parsedTypes.get(type);
  if (known) return known;
  const text = types[type];
  if (text === undefined) return undefined;
  const [head = '', ...own] = text.split(' ');
  const base = head.split('@')[0] ?? '';
  const all = [...(propertiesOf(base) ?? []), ...own.map(parseProperty)];
  parsedTypes.set(type, all);
  return all;
}

/** The API version a data type came with. */
export function sinceOf(type: string): string | undefined {
  return types[type]?.split(' ')[0]?.split('@')[1];
}

export function methodOf(name: MethodName): WireMethod {
  const known = parsedMethods.get(name);
  if (known) return known;
  const [owner, vmodlName, privilege, repeatable, returns, params, since] = methods[name];
  const parsed: WireMethod = {
    owner,
    descriptionId: `${owner}.${vmodlName}`,
    privilege,
    repeatable,
    returns: { type: returns.replace('[]', ''), array: returns.endsWith('[]') },
    params: params === '' ? [] : params.split(' ').map(parseProperty),
    since: since === '' ? undefined : since,
  };
  parsedMethods.set(name, parsed);
  return parsed;
}

/** The base of a data type or fault; undefined at the root and for what is unknown. */
function baseOf(type: string): string | undefined {
  const head = types[type]?.split(' ')[0]?.split('@')[0];
  if (head !== undefined) return head === '' || head === '-' ? undefined : head;
  baseOfOthers ??= new Map(
    Object.entries(subtypes).flatMap(([base, names]) => names.split(' ').map((name) => [name, base] as const)),
  );
  return baseOfOthers.get(type);
}

/** Whether a type is another or derives from it. */
export function isA(type: string, base: string): boolean {
  for (let name: string | undefined = type; name !== undefined; name = baseOf(name)) if (name === base) return true;
  return false;
}

/** Whether an API version is newer than another: `8.0.1.0` than `8.0.0.1`. */
export function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(a?.length ?? 0, b?.length ?? 0); i++) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function parseProperty(text: string): WireProperty {
  const [name = '', rest = ''] = text.split(':');
  const [type = '', since] = rest.split('@');
  return {
    name: name.replace('?', ''),
    type: type.replace('[]', ''),
    array: type.endsWith('[]'),
    optional: name.endsWith('?'),
    since,
  };
}
