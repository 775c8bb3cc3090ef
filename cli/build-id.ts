import { randomBytes } from 'node:crypto';

/** An id for a build: `20261121T051200Z-3f9a`, its UTC time, so that ids sort, and 16 random bits beside it. */
export function newBuildId(now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(2).toString('hex')}`;
}
