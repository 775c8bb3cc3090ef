import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BuildEvent, Listener } from './events.ts';

/** Events after which the journal must survive a power cut. */
const boundaries: ReadonlySet<BuildEvent['type']> = new Set([
  'step-finished',
  'step-failed',
  'step-cancelled',
  'build-finished',
]);

/**
 * Writes each event as one JSON line; progress is left out, it tells nothing afterwards. The file is synchronised at
 * each step boundary. The events are redacted already.
 */
export function journal(file: string): Listener & { readonly file: string; close(): void } {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, 'a', 0o600);
  const listener = (event: BuildEvent) => {
    if (event.type === 'step-progress') return;
    writeSync(descriptor, `${JSON.stringify(event)}\n`);
    if (boundaries.has(event.type)) fsyncSync(descriptor);
  };
  return Object.assign(listener, { file, close: () => closeSync(descriptor) });
}
