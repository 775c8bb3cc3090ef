import { createHash } from 'node:crypto';
import { canonicalJson } from '../common/json.ts';
import type { Graph } from './graph.ts';
import type { Step } from './step.ts';

/** SHA-256 (hex) of a file that a step names in `files`. */
export type DigestOf = (file: string) => Promise<string>;

/**
 * The fingerprint of each step, by id: SHA-256 (hex) of the canonical JSON of {id, version, inputs, digests of its
 * files, fingerprints of what comes before}. No clock, no host name, no path, no secret in clear.
 *
 * A step that does not apply has no part in it: what it waits for stands in its place, and the fingerprints behind it
 * change when it comes or goes.
 */
export function fingerprints<C, E>(
  graph: Graph<C, E>,
  config: C,
  env: E,
  digestOf: DigestOf,
): ReadonlyMap<string, Promise<string>> {
  const result = new Map<string, Promise<string>>();
  for (const step of graph.steps) result.set(step.id, one(step));
  for (const promise of result.values()) promise.catch(() => undefined); // reported by whoever awaits it
  return result;

  async function one(step: Step<C, E>): Promise<string> {
    const [inputs, files, needs] = await Promise.all([
      step.inputs(config, env),
      Promise.all(step.files.map(digestOf)),
      Promise.all(graph.applicable(step, config).map(async (s) => [s.id, await result.get(s.id)] as const)),
    ]);
    const content = { id: step.id, version: step.version, inputs, files, needs: Object.fromEntries(needs) };
    return createHash('sha256').update(canonicalJson(content)).digest('hex');
  }
}
