import { IngotError } from '../common/failure.ts';
import type { Step } from './step.ts';

/**
 * The steps in an order in which each stands behind all that it waits for, otherwise in the order given. Steps are told
 * apart by id, so that a copy with more `after` may stand for the step that others need.
 *
 * Errors: `graph.duplicate`, `graph.missing` (a need that is not in the list) and `graph.cycle` (which is printed).
 */
export class Graph<C, E> {
  readonly steps: readonly Step<C, E>[];
  readonly #byId = new Map<string, Step<C, E>>();

  constructor(steps: readonly Step<C, E>[]) {
    for (const step of steps) {
      if (this.#byId.has(step.id)) {
        throw new IngotError('graph.duplicate', `expected each step once, found ${step.id} twice`, {
          remedy: 'give one of them another id',
        });
      }
      this.#byId.set(step.id, step);
    }
    this.steps = this.#order(steps);
  }

  /** All steps that must be over before this one may start. */
  predecessors(step: Step<C, E>): readonly Step<C, E>[] {
    const ids = new Set([...Object.values(step.needs), ...step.after].map((before) => before.id));
    return [...ids].map((id) => {
      const before = this.#byId.get(id);
      if (before !== undefined) return before;
      throw new IngotError('graph.missing', `step ${step.id} needs ${id}, which is not in the graph`, {
        remedy: `add ${id} to the steps`,
      });
    });
  }

  /** The predecessors that apply to this configuration; one that does not is replaced by what it waits for. */
  applicable(step: Step<C, E>, config: C): readonly Step<C, E>[] {
    const found = new Set<Step<C, E>>();
    for (const before of this.predecessors(step)) {
      if (before.applies(config) === true) found.add(before);
      else for (const further of this.applicable(before, config)) found.add(further);
    }
    return [...found];
  }

  /** The graph as a Mermaid flow chart. */
  mermaid(config: C): string {
    const lines = this.steps.flatMap((step) => {
      const skipped = step.applies(config) !== true;
      return [
        `  ${step.id}["${step.title(config).replaceAll('"', '#quot;')}"]${skipped ? ':::skipped' : ''}`,
        ...this.predecessors(step).map((before) => `  ${before.id} --> ${step.id}`),
      ];
    });
    return ['flowchart LR', ...lines, '  classDef skipped stroke-dasharray: 4 4,opacity:0.5', ''].join('\n');
  }

  #order(steps: readonly Step<C, E>[]): readonly Step<C, E>[] {
    const ordered = new Set<Step<C, E>>();
    const path: string[] = [];
    const visit = (step: Step<C, E>): void => {
      if (ordered.has(step)) return;
      const at = path.indexOf(step.id);
      if (at >= 0) {
        throw new IngotError('graph.cycle', `steps wait for each other: ${[...path.slice(at), step.id].join(' -> ')}`, {
          remedy: 'take one of these out of the needs or the `after` of the other',
        });
      }
      path.push(step.id);
      for (const before of this.predecessors(step)) visit(before);
      path.pop();
      ordered.add(step);
    };
    for (const step of steps) visit(step);
    return [...ordered];
  }
}
