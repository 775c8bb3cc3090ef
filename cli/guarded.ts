import type { Listener } from '../pipeline/events.ts';

/** A listener that cannot disturb a build: if it throws, `complain` learns why, once, and it hears no more events. */
export function guarded(listener: Listener, complain: (why: string) => void): Listener {
  let broken = false;
  return (event) => {
    if (broken) return;
    try {
      listener(event);
    } catch (error) {
      broken = true;
      complain(error instanceof Error ? error.message : String(error));
    }
  };
}
