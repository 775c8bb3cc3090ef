import { BUILT_IN_STEPS, STEPS_WITHOUT_WINDOWS } from '../built-in-steps.ts';
import { stepOrder } from '../image.ts';
import { nearest } from '../nearest.ts';
import { alternatives, type Finding, quote } from '../problem.ts';
import type { Rule } from './rule.ts';

const KINDS = ['powershell', 'script', 'upload', 'restart'] as const;
const builtIn: readonly string[] = BUILT_IN_STEPS;

export const uniqueStepNames: Rule = ({ steps }) => {
  const seen = new Set<string>();
  return (steps ?? []).flatMap((step, index): Finding[] => {
    const name = step?.name;
    if (name === undefined) return [];
    const own = builtIn.includes(name);
    const repeated = seen.has(name);
    seen.add(name);
    if (!own && !repeated) return [];
    return [
      {
        path: ['steps', index, 'name'],
        code: 'steps.duplicate',
        expected: 'a name of its own for each step',
        found: `${quote(name, 63)}, which is ${own ? "one of ingot's own steps" : 'a step above'}`,
        remedy: 'rename it',
      },
    ];
  });
};

/** Each step does one thing. */
export const oneKind: Rule = ({ steps }, raw) =>
  (steps ?? []).flatMap((step, index): Finding[] => {
    if (step === undefined) return [];
    const path = ['steps', index];
    const kinds = KINDS.filter((kind) => raw([...path, kind]) !== undefined);
    if (kinds.length !== 1) {
      const second = kinds[1];
      return [
        {
          path: second === undefined ? path : [...path, second],
          atKey: second !== undefined,
          code: 'steps.kind',
          expected: `one of ${alternatives(KINDS)}`,
          found: kinds.length === 0 ? 'none' : kinds.join(' and '),
          remedy: kinds.length === 0 ? 'say what the step does' : 'make a step of each',
        },
      ];
    }
    const [kind] = kinds;
    if (step.parameters === undefined || kind === 'powershell' || kind === 'script') return [];
    return [
      {
        path: [...path, 'parameters'],
        atKey: true,
        code: 'steps.parameters',
        expected: 'parameters only beside powershell or script',
        found: String(kind),
        remedy: 'remove the parameters',
      },
    ];
  });

export const uploadTarget: Rule = ({ steps }) =>
  (steps ?? []).flatMap((step, index): Finding[] => {
    const to = step?.upload?.to;
    if (to === undefined || /^[A-Za-z]:[\\/][^<>"|?*:]*$/.test(to)) return [];
    return [
      {
        path: ['steps', index, 'upload', 'to'],
        code: 'steps.upload',
        expected: 'an absolute Windows path such as C:\\app\\setup.ini',
        found: quote(to, 60),
        remedy: 'write the drive letter, and none of < > " | ? *',
      },
    ];
  });

export const knownAfter: Rule = ({ steps }) => {
  const own = (steps ?? []).flatMap((step) => (step?.name === undefined ? [] : [step.name]));
  return (steps ?? []).flatMap((step, index): Finding[] => {
    const after = step?.after;
    if (after === undefined || own.includes(after)) return [];
    const path = ['steps', index, 'after'];
    if (STEPS_WITHOUT_WINDOWS.includes(after)) {
      return [
        {
          path,
          code: 'steps.after-master',
          expected: 'a step up to cleanup, while Windows still runs',
          found: quote(after, 63),
          remedy: 'let it come after cleanup or earlier',
        },
      ];
    }
    if (builtIn.includes(after)) return [];
    const near = nearest(after, [...own, ...builtIn]);
    return [
      {
        path,
        code: 'steps.unknown',
        expected: "the name of one of ingot's steps or of your own",
        found: quote(after, 63),
        remedy: near === undefined ? 'see the names with: ingot plan FILE' : `write ${near}`,
      },
    ];
  });
};

/** Steps that wait for each other, told once a cycle, at its first step. */
export const acyclic: Rule = ({ steps }) => {
  const list = steps ?? [];
  const order = stepOrder(list.map((step) => ({ name: step?.name ?? '', after: step?.after })));
  const after = new Map<string, string>();
  for (const [index, step] of list.entries()) {
    if (step?.name !== undefined && !builtIn.includes(step.name) && !after.has(step.name))
      after.set(step.name, order[index] ?? '');
  }
  const reported = new Set<string>();
  return list.flatMap((step, index): Finding[] => {
    const name = step?.name;
    if (name === undefined || !after.has(name) || reported.has(name)) return [];
    const visited = new Set([name]);
    let next = after.get(name);
    for (; next !== undefined && !visited.has(next); next = after.get(next)) visited.add(next);
    // It ends, or leads into a cycle that does not hold this step: that is told at its own first step.
    if (next !== name) return [];
    const cycle = [...visited];
    for (const member of cycle) reported.add(member);
    return [
      {
        path: ['steps', index, 'after'],
        code: 'steps.cycle',
        expected: 'steps that do not wait for each other',
        found: `the cycle ${[...cycle, name].join(' after ')}`,
        remedy: 'remove one of these after',
      },
    ];
  });
};
