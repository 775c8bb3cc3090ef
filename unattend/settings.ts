import { COMPONENT_ATTRIBUTES, type Component, PASSES, type Pass, type PassSettings, type Setting } from './model.ts';

/** A value of a setting as it is written in code or in an image file. */
export type Scalar = string | number | boolean;

/**
 * Settings as plain data: an object holds settings by name, an array a list whose items share the name. An item of
 * values (such as an address) gets its `wcm:keyValue` by its position, an item of settings carries its `Order`; the key
 * `wcm:keyValue` gives another key. What is undefined or null is left out; null also takes away what was merged before.
 */
export type SettingTree = { readonly [name: string]: SettingValue | null | undefined };
export type SettingValue = Scalar | SettingTree | readonly (Scalar | SettingTree)[];

const KEY_VALUE = 'wcm:keyValue';

/** Plain data as settings, in the order of its keys. */
export function settings(tree: SettingTree): readonly Setting[] {
  return Object.entries(tree).flatMap(([name, value]): Setting[] => {
    if (value === undefined || value === null || name === KEY_VALUE) return [];
    if (isList(value)) return value.map((item, index) => listItem(name, item, index));
    return [typeof value === 'object' ? { name, children: settings(value) } : { name, value: String(value) }];
  });
}

function listItem(name: string, item: Scalar | SettingTree, index: number): Setting {
  if (typeof item !== 'object') return { name, action: 'add', keyValue: String(index + 1), value: String(item) };
  const key = item[KEY_VALUE];
  const children = settings(item);
  return key === undefined || key === null || typeof key === 'object'
    ? { name, action: 'add', children }
    : { name, action: 'add', keyValue: String(key), children };
}

function isList(value: SettingValue): value is readonly (Scalar | SettingTree)[] {
  return Array.isArray(value);
}

/** Components by pass and name: what `windows.unattend` of an image file adds, and what answer files are built from. */
export type PassTree = { readonly [P in Pass]?: SettingTrees | undefined };
export type SettingTrees = { readonly [component: string]: SettingTree | null | undefined };

/**
 * The passes of one or more trees, merged; components by their names in any case. A later tree wins: its value or list replaces the earlier one of the same
 * name as a whole, settings with further settings are merged one by one, and null takes a setting or a whole component
 * away. What is new stands after what was there.
 */
export function passes(...trees: readonly PassTree[]): readonly PassSettings[] {
  return PASSES.flatMap((pass) => {
    const merged = trees.reduce<SettingTree>(
      (sum, tree) =>
        Object.entries(tree[pass] ?? {}).reduce<SettingTree>(
          (above, [name, settings]) => merge(above, { [knownName(sum, name)]: settings }),
          sum,
        ),
      {},
    );
    const components = Object.entries(merged).flatMap(([name, tree]): Component[] =>
      isTree(tree) ? [{ name, attributes: { ...COMPONENT_ATTRIBUTES }, settings: settings(tree) }] : [],
    );
    return components.length === 0 ? [] : [{ pass, components }];
  });
}

/** The name that a component has already, in whatever case: Windows has no two that differ by it. */
function knownName(components: SettingTree, name: string): string {
  const wanted = name.toLowerCase();
  return Object.keys(components).find((known) => known.toLowerCase() === wanted) ?? name;
}

function merge(a: SettingTree, b: SettingTree): SettingTree {
  const merged: Record<string, SettingValue | null | undefined> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = merged[name];
    merged[name] = isTree(known) && isTree(value) ? merge(known, value) : value;
  }
  return merged;
}

function isTree(value: SettingValue | null | undefined): value is SettingTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
