import {
  type AnswerFile,
  COMPONENT_ATTRIBUTES,
  type Component,
  PASSES,
  type Pass,
  type Place,
  type Setting,
} from '../model.ts';

/** Where a rule looks: a setting, a component or a pass, with the path to it. */
export interface Spot {
  readonly path: string;
  readonly place: Place | undefined;
}

export interface ComponentSpot extends Spot {
  readonly pass: string;
  readonly component: Component;
}

export interface SettingSpot extends Spot {
  readonly setting: Setting;
}

/** All components with their passes; of one name (in any case) if given. */
export function* componentSpots(file: AnswerFile, name?: string): Generator<ComponentSpot> {
  for (const { pass, components } of file.passes) {
    for (const component of components) {
      if (name !== undefined && component.name.toLowerCase() !== name.toLowerCase()) continue;
      yield { pass, component, path: `${pass}/${component.name}`, place: component.place };
    }
  }
}

/**
 * All settings at a path below a component, in whichever pass; lists on the way are followed. Components of another
 * architecture are left out, as Windows leaves them out: files for several say everything twice.
 */
export function* settingSpots(file: AnswerFile, component: string, path: string): Generator<SettingSpot> {
  for (const spot of componentSpots(file, component)) {
    if (isNative(spot.component)) yield* below(spot.component.settings, path.split('/'), spot.path);
  }
}

/** Whether a component is for 64-bit Windows, or does not say for which. */
export function isNative({ attributes }: Component): boolean {
  const { processorArchitecture } = attributes;
  return processorArchitecture?.toLowerCase() === COMPONENT_ATTRIBUTES.processorArchitecture || !processorArchitecture;
}

/** Every setting of the file for 64-bit Windows, those with further settings before what is in them. */
export function* allSettings(file: AnswerFile): Generator<SettingSpot> {
  for (const { component, path } of componentSpots(file)) {
    if (isNative(component)) yield* descend(component.settings, path);
  }
}

function* descend(settings: readonly Setting[], above: string): Generator<SettingSpot> {
  for (const setting of settings) {
    const path = `${above}/${setting.name}`;
    yield { setting, path, place: setting.place };
    yield* descend(setting.children ?? [], path);
  }
}

function* below(settings: readonly Setting[], names: readonly string[], above: string): Generator<SettingSpot> {
  const [name, ...rest] = names;
  for (const setting of settings) {
    // An element of another namespace is no setting, whatever its name.
    if (setting.name !== name || setting.attributes?.xmlns !== undefined) continue;
    const path = `${above}/${setting.name}`;
    if (rest.length === 0) yield { setting, path, place: setting.place };
    else yield* below(setting.children ?? [], rest, path);
  }
}

/** The settings directly below a spot. */
export function childSpots({ setting, path }: SettingSpot, name: string): readonly SettingSpot[] {
  return [...below(setting.children ?? [], [name], path)];
}

/** The settings two levels below a spot: a list and its items. */
export function listSpots(spot: SettingSpot, list: string, item: string): readonly SettingSpot[] {
  return childSpots(spot, list).flatMap((found) => childSpots(found, item));
}

/** The value of a child, trimmed; empty when it is not there. */
export function childValue(spot: SettingSpot, name: string): string {
  return textOf(childSpots(spot, name)[0]);
}

/** The value of a setting, trimmed; empty when it is not there. */
export function textOf(spot: SettingSpot | undefined): string {
  return spot?.setting.value?.trim() ?? '';
}

/** Whether a boolean is true; Windows takes any case. */
export function isTrue(value: string): boolean {
  return value.toLowerCase() === 'true' || value === '1';
}

export function isPass(name: string): name is Pass {
  return PASSES.some((pass) => pass === name);
}
