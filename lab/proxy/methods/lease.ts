import { leaf, node, textAt } from '../../xml.ts';
import { answer, type Call, fault, forward, type Interceptor, type ProxyContext } from '../call.ts';
import type { Lease } from '../nfc/lease.ts';
import type { Answer } from '../upstream.ts';

/** HttpNfcLeaseProgress: a sign of life, whatever percent it says. */
export const leaseProgress = withLease((call, lease) => {
  lease.percent = Number(textAt(call.body, 'percent') ?? 0);
  lease.alive();
  return answer(call.method);
});

/** HttpNfcLeaseComplete. Disks that were not uploaded are not missed: they are empty. */
export const leaseComplete = withLease(async (call, lease) => {
  if (lease.state !== 'ready') return invalidState();
  await lease.end('completed');
  return answer(call.method);
});

/** HttpNfcLeaseAbort */
export const leaseAbort = withLease(async (call, lease) => {
  await lease.end('aborted');
  return answer(call.method);
});

/** HttpNfcLeaseGetManifest: what went over the wire so far. */
export const leaseManifest = withLease((call, lease, lab) => {
  if (lease.state !== 'ready') return invalidState();
  const wrong = lab.scenario.scenario.nfc?.manifest === 'wrong';
  const entries = [...lease.transferred].flatMap(([name, { bytes, sha1 }]) => {
    const file = lease.files.get(name);
    if (file === undefined) return [];
    return node(
      'returnval',
      leaf('key', file.key) +
        leaf('sha1', wrong ? '0'.repeat(40) : sha1) +
        leaf('size', bytes) +
        leaf('disk', file.disk) +
        (file.disk ? leaf('capacity', file.capacityBytes) + leaf('populatedSize', bytes) : ''),
    );
  });
  return answer(call.method, entries.join(''));
});

function withLease(work: (call: Call, lease: Lease, lab: ProxyContext) => Promise<Answer> | Answer): Interceptor {
  return async (call, lab) => {
    if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
    const lease = lab.leases.get(call.self.value);
    if (lease === undefined || (!lease.open && lease.state !== 'error'))
      return fault('ManagedObjectNotFound', 'The object has already been deleted or has not been completely created');
    if (lease.state === 'error') return fault('Timedout', 'Operation timed out.');
    return work(call, lease, lab);
  };
}

function invalidState(): Answer {
  return fault('InvalidState', 'The operation is not allowed in the current state.');
}
