import { IngotError } from '../common/failure.ts';
import type { Step } from './step.ts';

/**
 * The steps in an order in which each stands behind all that it needs, otherwise in the order given.
 *
 * Errors: `graph.duplicate`, `graph.missing` (a need that is not in the list) and `graph.cycle` (which is printed).
 */
export function order<C, E>(steps: readonly Step<C, E>[]): readonly Step<C, E>[] {
  const byId = new Map<string, Step<C, E>>();
  for (const step of steps) {
    if (byId.has(step.id)) {
      throw new IngotError('graph.duplicate', `expected each step once, found ${step.id} twice`, {
        remedy: 'give one of them another id',
      });
    }
    byId.set(step.id, step);
  }
  const ordered: Step<C, E>[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (step: Step<C, E>): void => {
    if (done.has(step.id)) return;
    const at = path.indexOf(step.id);
    if (at >= 0) {
      throw new IngotError('graph.cycle', `steps wait for each other: ${[...path.slice(at), step.id].join(' -> ')}`, {
        remedy: 'take one of these out of the needs or the `after` of the other',
      });
    }
    path.push(step.id);
    for (const before of predecessors(step)) {
      if (byId.get(before.id) !== before) {
        throw new IngotError('graph.missing', `step ${step.id} needs ${before.id}, which is not in the graph`, {
          remedy: `add ${before.id} to the steps`,
        });
      }
      visit(before);
    }
    path.pop();
    done.add(step.id);
    ordered.push(step);
  };
  for (const step of steps) visit(step);
  return ordered;
}

/** All steps that must be over before this one may start. */
export function predecessors<C, E>(step: Step<C, E>): readonly Step<C, E>[] {
  return [...new Set([...Object.values(step.needs), ...step.after])];
}

/** The graph as a Mermaid flow chart, for `ingot plan --graph`. */
export function mermaid<C, E>(steps: readonly Step<C, E>[], config: C): string {
  const lines = order(steps).flatMap((step) => {
    const skipped = step.applies(config) !== true;
    return [
      `  ${step.id}["${step.title(config).replaceAll('"', '#quot;')}"]${skipped ? ':::skipped' : ''}`,
      ...predecessors(step).map((before) => `  ${before.id} --> ${step.id}`),
    ];
  });
  return ['flowchart LR', ...lines, '  classDef skipped stroke-dasharray: 4 4,opacity:0.5', ''].join('\n');
}
