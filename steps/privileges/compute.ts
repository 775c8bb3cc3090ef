import type { Image } from '../../image/index.ts';
import { privilegeOf } from '../../vsphere/privileges.ts';
import type { Methods } from '../../vsphere/vim25.gen.ts';
import { methods } from '../../vsphere/vim25.wire.gen.ts';
import type { Call, Facts } from './call.ts';
import { betweenSteps, ownStepCalls, stepCalls } from './calls/build.ts';
import { session } from './calls/common.ts';
import { otherCalls } from './calls/others.ts';
import { type Asked, documented } from './documented.ts';
import type { ObjectKind } from './objects.ts';

export const groups = ['build', 'lease', 'prune', 'publish', 'prepare', 'handover'] as const;
export type Group = (typeof groups)[number];

/** Who asks for a privilege, and where that is written. */
export interface Reason {
  readonly group: Group;
  /** Id of the step, or what is done between steps: `records`, `session`. */
  readonly step: string;
  /** `ReconfigVM_Task (extraConfig)`. */
  readonly call: string;
  readonly source: string;
  /** The case in which it is asked for, where it is not known whether that is given. */
  readonly if?: string | undefined;
  /** Why it is seldom asked for. */
  readonly rarely?: string | undefined;
}

/** A privilege that is needed on the objects of a kind. */
export interface Needed {
  readonly privilege: string;
  readonly on: ObjectKind;
  readonly why: readonly Reason[];
}

/** A step of the image's graph. */
export interface GraphStep {
  readonly id: string;
  applies(image: Image): true | string;
}

/** Every session has these wherever it may see something. */
const everyone: ReadonlySet<string> = new Set(['System.Anonymous', 'System.View']);

const published = 'published type information of the vSphere API';

/**
 * The privileges of the methods that a build of this image calls, by its steps that apply; of other groups theirs.
 *
 * @param unsure whether what depends on facts that are not known is in it; default yes
 */
export function neededFor(
  steps: readonly GraphStep[],
  facts: Facts,
  wanted: readonly Group[],
  { unsure: withUnsure = true }: { readonly unsure?: boolean } = {},
): readonly Needed[] {
  const found = new Map<string, { privilege: string; on: ObjectKind; why: Reason[] }>();
  for (const { group, step, call } of callsOf(steps, facts.image, wanted)) {
    const holds = call.when === undefined ? true : call.when.holds(facts);
    if (holds === false || (holds === undefined && !withUnsure)) continue;
    const unsure = holds === undefined ? call.when?.text : undefined;
    for (const { privilege, on, part, source } of privilegesOf(call)) {
      if (everyone.has(privilege)) continue;
      const name = part === undefined ? call.method : `${call.method} (${part})`;
      const reason: Reason = { group, step, call: name, source, if: unsure, rarely: call.rarely };
      const key = `${on} ${privilege}`;
      const entry = found.get(key) ?? { privilege, on, why: [] };
      entry.why.push(reason);
      found.set(key, entry);
    }
  }
  return [...found.values()];
}

/** All calls that are declared for these steps and groups, whether or not their condition holds. */
export function callsOf(
  steps: readonly GraphStep[],
  image: Image,
  wanted: readonly Group[],
): readonly { readonly group: Group; readonly step: string; readonly call: Call }[] {
  const ofStep = ({ id }: GraphStep): [string, readonly Call[]] => [id, isBuiltIn(id) ? stepCalls[id] : ownStepCalls];
  const sectionsOf = (group: Group): readonly [string, readonly Call[]][] => {
    if (group !== 'build' && group !== 'publish') return Object.entries(otherCalls[group] ?? {});
    const applied = steps.filter((step) => step.applies(image) === true);
    const published = applied.filter(({ id }) => id === 'publish').map(ofStep);
    if (group === 'publish') return published.length === 0 ? [] : [['session', session], ...published];
    return [...Object.entries(betweenSteps), ...applied.filter(({ id }) => id !== 'publish').map(ofStep)];
  };
  return wanted.flatMap((group) =>
    sectionsOf(group).flatMap(([step, calls]) => calls.map((call) => ({ group, step, call }))),
  );
}

function isBuiltIn(id: string): id is keyof typeof stepCalls {
  return Object.hasOwn(stepCalls, id);
}

interface Privilege {
  readonly privilege: string;
  readonly on: ObjectKind;
  readonly part: string | undefined;
  readonly source: string;
}

/** What one call asks for, and on what. */
function privilegesOf(call: Call): readonly Privilege[] {
  const table: Readonly<Record<string, Entry>> = documented;
  const entry = table[call.method];
  const where = (on: Asked['on']): ObjectKind => {
    if (on === 'target') return call.on;
    if (on === 'into') return call.into ?? 'template-folder';
    return on === 'network' ? (call.network ?? 'network') : on;
  };
  const own = isMethod(call.method) ? privilegeOf(call.method) : '';
  const parts: readonly string[] = call.parts ?? [];
  return [
    ...(own === '' ? [] : [{ privilege: own, on: call.on, part: undefined, source: published }]),
    ...(entry?.always ?? []).map(({ privilege, on }) => ({
      privilege,
      on: where(on),
      part: undefined,
      source: entry?.source ?? '',
    })),
    ...parts.flatMap((part) =>
      (entry?.parts?.[part] ?? []).map(({ privilege, on }) => ({
        privilege,
        on: where(on),
        part,
        source: entry?.source ?? '',
      })),
    ),
  ];
}

interface Entry {
  readonly source: string;
  readonly always?: readonly Asked[];
  readonly parts?: Readonly<Record<string, readonly Asked[]>>;
}

function isMethod(name: string): name is keyof Methods {
  return Object.hasOwn(methods, name);
}
