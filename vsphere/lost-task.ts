import { setTimeout as delay } from 'node:timers/promises';
import { properties } from './properties.ts';
import type { Session } from './session.ts';
import type { Ref } from './values.ts';
import { isRef, ref, refText } from './values.ts';
import type { MethodName } from './wire.ts';
import { methodOf } from './wire.ts';

// `recentTask` sends no updates, and a task may appear late: look again after these pauses.
const LOOK_AGAIN_MS = [0, 300, 1000, 3000, 6000];
// Clocks of vCenter and of its hosts differ a little.
const CLOCK_SLACK_MS = 2000;

/**
 * The task that a call started whose answer was lost: the newest of the recent tasks (10 minutes) on the object, by
 * the method's name, queued since the call, and none we know of. `ageMs`: how long ago the call was first made.
 */
export async function findLostTask(
  session: Session,
  method: MethodName,
  target: Ref,
  ageMs: number,
  signal: AbortSignal | undefined,
): Promise<Ref<'Task'> | undefined> {
  const { taskManager } = session.content;
  if (taskManager === undefined) return undefined;
  const lookedFrom = Date.now();
  // Owners differ (`VirtualMachine.destroy` for ManagedEntity's method), and so does the spelling (`reconfigure`,
  // `reconfigVm`; `createVm`, `createVM`).
  const wanted = [shortId(methodOf(method).descriptionId), method.replace('_Task', '').toLowerCase()];
  for (const pause of LOOK_AGAIN_MS) {
    if (pause > 0) await delay(pause, undefined, { signal });
    const clock = await session.call('CurrentTime', ref('ServiceInstance', 'ServiceInstance'), {}, { signal });
    const earliest = Date.parse(clock) - ageMs - (Date.now() - lookedFrom) - CLOCK_SLACK_MS;
    const [recent] = await properties(session, [taskManager], ['recentTask'], { signal });
    const tasks = (recent?.recentTask ?? []).filter(({ value }) => !session.startedTasks.has(value));
    const infos = await properties(session, tasks, ['info'], { signal }).catch(() => []);
    const mine = infos
      .map(({ info }) => info)
      .filter(({ entity }) => isRef(entity) && refText(entity) === refText(target))
      .filter(({ descriptionId }) => wanted.includes(shortId(descriptionId)))
      .filter(({ queueTime }) => Date.parse(queueTime) >= earliest)
      .sort((a, b) => Date.parse(b.queueTime) - Date.parse(a.queueTime));
    const newest = mine[0];
    if (newest) return newest.task;
  }
  return undefined;
}

function shortId(descriptionId: string): string {
  return descriptionId.slice(descriptionId.indexOf('.') + 1).toLowerCase();
}
