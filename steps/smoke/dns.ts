import { apiNames } from '../../handover/dns.ts';
import { answerInside } from '../../handover/dns-inside.ts';
import { judgeDns } from '../../handover/dns-verdict.ts';
import type { SealedDns } from '../../handover/sealed-facts.ts';
import type { Image } from '../../image/index.ts';
import type { SmokeFacts } from './facts.ts';

/** What a clone is to ask DNS for: the cluster's names, if the image file has them and connects the clone. */
export function clusterNames({ handover, smokeTest }: Image): ReturnType<typeof apiNames> | undefined {
  const { clusterName, baseDomain } = handover.openshift ?? {};
  if (clusterName === undefined || baseDomain === undefined || smokeTest.network === undefined) return undefined;
  return apiNames(clusterName, baseDomain);
}

/** What the template is to carry of it, and one line about it; a warning if nodes would not find the API server. */
export interface ClonesDns {
  readonly sealed: SealedDns;
  readonly proof: readonly string[];
  readonly warning?: string;
}

/**
 * Holds the answers in the clone's network against each other. A template is not wrong because of DNS, which may be put
 * right later: it is told, and stays with the template for `ingot handover dns`.
 */
export function judgeClonesDns(image: Image, { dns }: Pick<SmokeFacts, 'dns'>): ClonesDns | undefined {
  const names = clusterNames(image);
  if (names === undefined) return undefined;
  const sealed: SealedDns = {
    version: 1,
    answers: dns.map(({ error, ...answer }) => (error === '' ? answer : { ...answer, error })),
  };
  const network = image.smokeTest.network ?? '';
  const [api, apiInt] = [names.api, names.apiInt].map((name) => answerInside(sealed, name));
  if (api === undefined || apiInt === undefined) {
    return { sealed, proof: [], warning: `DNS in ${network}: the clone did not say what ${names.apiInt} is` };
  }
  const { state, code, message, remedy, records } = judgeDns(api, apiInt);
  if (state === 'right') return { sealed, proof: [`DNS in ${network}: ${message}`] };
  const todo = [remedy, ...records.map((record) => `“${record}”`)].filter(Boolean).join(' ');
  return { sealed, proof: [], warning: `DNS in ${network}: ${message} (${code}); ${todo}` };
}
