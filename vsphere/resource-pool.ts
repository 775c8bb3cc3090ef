import type { Vsphere } from './connect.ts';
import { faultOf, isFault } from './fault.ts';
import type { PoolRef } from './inventory.ts';
import { findByPath } from './inventory-path.ts';
import { nameToSend, splitPath, unescapeName } from './names.ts';
import type { ReadOptions } from './properties.ts';
import type { Ref } from './values.ts';
import { isRef, ref } from './values.ts';
import type { ResourceAllocationInfo } from './vim25.gen.ts';

/**
 * What the vSphere Client offers for a new pool: no reservation but what grows from the parent's, no limit, normal shares
 * (their number is vCenter's own for a level that is not `custom`).
 */
function allocation(shares: number): ResourceAllocationInfo {
  return { reservation: 0, expandableReservation: true, limit: -1, shares: { shares, level: 'normal' } };
}

/**
 * The resource pool at a path below a root pool, made where it is missing with all above it. `rootPath` is the inventory
 * path of the root pool: `/DC0/host/C0/Resources`.
 */
export async function ensurePool(
  vc: Vsphere,
  root: PoolRef,
  rootPath: string,
  path: string,
  options: ReadOptions = {},
): Promise<PoolRef> {
  let pool = root;
  const names = splitPath(path);
  for (const [depth, name] of names.entries()) {
    const found = await findByPath(vc, [rootPath, ...names.slice(0, depth + 1)].join('/'), options);
    pool = (found && poolRef(found)) ?? (await createPool(vc, pool, unescapeName(name), options));
  }
  return pool;
}

/** CreateResourcePool; one that is there already is returned. */
async function createPool(vc: Vsphere, parent: PoolRef, name: string, options: ReadOptions): Promise<PoolRef> {
  const spec = { cpuAllocation: allocation(4000), memoryAllocation: allocation(163_840) };
  try {
    const made = await vc.call('CreateResourcePool', parent, { name: nameToSend(name), spec }, options);
    return ref('ResourcePool', made.value);
  } catch (error) {
    const holder = isFault(error, 'DuplicateName') ? faultOf(error)?.details.object : undefined;
    const pool = isRef(holder) ? poolRef(holder) : undefined;
    if (pool !== undefined) return pool;
    throw error;
  }
}

function poolRef({ type, value }: Ref): PoolRef | undefined {
  return type === 'ResourcePool' || type === 'VirtualApp' ? ref(type, value) : undefined;
}
