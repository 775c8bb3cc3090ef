import { type AnswerFile, type Component, PASSES, type Pass, type Place, type Setting } from '../model.ts';

export type Severity = 'error' | 'warning';

/** One finding: a type alias, so that it is plain JSON. */
export type Finding = {
  /** Code of the rule, such as `unattend.computer-name`. */
  readonly code: string;
  readonly severity: Severity;
  /** What was expected and what was found. */
  readonly message: string;
  readonly remedy: string;
  /** Pass, component and settings, separated by `/`. */
  readonly path: string;
  /** null for a file that was not parsed. */
  readonly place: { readonly line: number; readonly column: number } | null;
};

/** What is known beside the file. */
export interface LintContext {
  /** Firmware of the VM; left out: the disk layout decides. */
  readonly firmware?: 'efi' | 'bios' | undefined;
}

/** Where a rule looks: a setting, a component or a pass, with the path to it. */
export interface Spot {
  readonly path: string;
  readonly place: Place | undefined;
}

/** One rule. Its texts are also its documentation. */
export interface Rule {
  readonly code: string;
  readonly severity: Severity;
  /** What must hold, as one sentence. */
  readonly title: string;
  readonly remedy: string;
  /** Tells what does not hold. */
  check(file: AnswerFile, context: LintContext): Iterable<{ readonly spot: Spot; readonly message: string }>;
}

export interface ComponentSpot extends Spot {
  readonly pass: string;
  readonly component: Component;
}

export interface SettingSpot extends Spot {
  readonly setting: Setting;
}

/** All components with their passes. */
export function* componentSpots(file: AnswerFile, name?: string): Generator<ComponentSpot> {
  for (const { pass, components } of file.passes) {
    for (const component of components) {
      if (name !== undefined && component.name !== name) continue;
      yield { pass, component, path: `${pass}/${component.name}`, place: component.place };
    }
  }
}

/** All settings at a path below a component, in whichever pass; lists on the way are followed. */
export function* settingSpots(file: AnswerFile, component: string, path: string): Generator<SettingSpot> {
  for (const spot of componentSpots(file, component)) yield* below(spot.component.settings, path.split('/'), spot.path);
}

function* below(settings: readonly Setting[], names: readonly string[], above: string): Generator<SettingSpot> {
  const [name, ...rest] = names;
  for (const setting of settings) {
    if (setting.name !== name) continue;
    const path = `${above}/${setting.name}`;
    if (rest.length === 0) yield { setting, path, place: setting.place };
    else yield* below(setting.children ?? [], rest, path);
  }
}

/** The settings directly below a spot. */
export function childSpots({ setting, path }: SettingSpot, name: string): readonly SettingSpot[] {
  return [...below(setting.children ?? [], [name], path)];
}

export function isPass(name: string): name is Pass {
  return PASSES.some((pass) => pass === name);
}
