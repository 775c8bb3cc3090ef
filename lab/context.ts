import type { Datastores } from './datastores.ts';
import type { Network } from './guest/network.ts';
import type { ScenarioState } from './scenario.ts';
import type { VcsimClient } from './vcsim/client.ts';
import type { Witness } from './witness.ts';

/** `instant`: no artificial time at all. `demo`: Windows Setup takes some seconds, so that a person sees it. */
export type Speed = 'instant' | 'demo';

/** What the parts of one lab share. */
export interface LabContext {
  readonly vcsim: VcsimClient;
  readonly speed: Speed;
  readonly scenario: ScenarioState;
  readonly datastores: Datastores;
  readonly network: Network;
  readonly witness: Witness;
  readonly log: (line: string) => void;
}
