import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { Place } from './names.ts';

export type FailureDomain = Image['handover']['failureDomains'][number];

/** A MachineSet that is to be made: for a failure domain, or the only one. */
export interface Zone {
  readonly domain: FailureDomain | undefined;
  /** Where there are several, whichever of them are asked for. */
  readonly place: Place | undefined;
}

/**
 * One for each failure domain, or one if there are none.
 *
 * @param wanted name or zone of the one that is asked for
 * @throws IngotError `openshift.zone`
 */
export function zonesOf(domains: readonly FailureDomain[], wanted: string | undefined): Zone[] {
  const all: Zone[] = domains.map((domain, index) => ({
    domain,
    place: domains.length === 1 ? undefined : { index, domain: domain.name },
  }));
  if (wanted === undefined) return all.length === 0 ? [{ domain: undefined, place: undefined }] : all;
  const chosen = all.filter(({ domain }) => domain?.name === wanted || domain?.zone === wanted);
  if (chosen.length > 0) return chosen;
  throw noSuchZone(
    wanted,
    domains.map(({ name, zone }) => `${name} (${zone})`),
    'handover.failureDomains',
  );
}

/** @param known as a person reads them */
export function noSuchZone(wanted: string, known: readonly string[], field: string): IngotError {
  return new IngotError('openshift.zone', `expected one of ${field}, found --zone ${wanted}`, {
    remedy: known.length === 0 ? `write down ${field}` : `there is: ${known.join(', ')}`,
  });
}
