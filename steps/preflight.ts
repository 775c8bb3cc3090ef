import { z } from 'zod';
import { type Failure, IngotError } from '../common/failure.ts';
import { GIB } from '../image/units.ts';
import { toFailure } from '../pipeline/failures.ts';
import { defineStep } from './define.ts';
import {
  checkPasswords,
  checkPublishing,
  checkRights,
  checkSource,
  checkSpace,
  checkTools,
} from './support/preflight-checks.ts';

/**
 * Everything that would fail later and can be known now: objects of the inventory, names, rights, space, media. All
 * problems are found in one go and nothing is changed.
 */
export const preflight = defineStep({
  id: 'preflight',
  title: 'Check vCenter',
  recorded: false,
  output: z.object({ guestId: z.string(), server: z.string(), freeBytes: z.number() }),
  timeout: (image) => image.timeouts.task + 2 * image.timeouts.lease,
  async run({ vcenter, config, iso, source, lease, redactor, signal, progress, log, warn }) {
    const center = await vcenter();
    progress('Looking up placement, names and rights');
    const place = await center.placement(signal);
    const [guestId, ...checks] = await Promise.allSettled([
      center.guestId(config.hardware.guestIds, config.hardware.version, signal),
      center.find('master', signal),
      center.find('candidate', signal),
      center.find('template', signal),
      center.find('smoke', signal),
      checkRights(config, center, { iso, source }, signal),
      checkSpace(config, place.datastore.freeSpace, place.datastore.name),
      checkTools(config, center, signal),
      checkSource(config, source),
      checkPasswords(config, redactor),
      checkPublishing({ image: config, center, redactor, signal, warn }),
    ]);
    signal.throwIfAborted(); // another step failed, or the user interrupted: these are no findings of vCenter's
    const failures = [guestId, ...checks]
      .filter((check) => check.status === 'rejected')
      .map((check) => toFailure(check.reason));
    if (failures.length > 0 || guestId.status === 'rejected') throw merged(failures);
    // From here on things are changed, and what was found must stay true.
    await lease.take({ progress, log }, signal);
    // Another build may have ended since they were looked up: its candidate is the template by now.
    for (const role of ['master', 'candidate', 'template', 'smoke'] as const) center.forget(role);
    return { guestId: guestId.value, server: center.about, freeBytes: place.datastore.freeSpace };
  },
  async verify({ vcenter, signal, names }, { guestId, server, freeBytes }) {
    const place = await (await vcenter()).placement(signal);
    return [
      `${server}; ${place.description}`,
      `guest OS id ${guestId}, ${Math.floor(freeBytes / GIB)} GiB free, names ${names.master} and ${names.template} are ours to use`,
    ];
  },
});

/** One failure that tells of all: the first one's code, and every message and remedy. */
function merged(failures: readonly Failure[]): IngotError {
  const [first] = failures;
  // What several checks have looked up is told once.
  const rest = failures
    .slice(1)
    .filter(({ message }, index) => failures.findIndex((one) => one.message === message) > index);
  if (first === undefined) return new IngotError('preflight', 'vCenter is not ready');
  const { code, message, remedy, evidence = [], retryable, unreachable, timedOut } = first;
  const more = rest.flatMap((failure) => [
    `also: ${failure.message}${failure.remedy === undefined ? '' : `; ${failure.remedy}`}`,
    ...(failure.evidence ?? []),
  ]);
  return new IngotError(code, message, {
    remedy,
    evidence: [...evidence, ...more],
    retryable,
    unreachable,
    timedOut,
  });
}
