import { homedir } from 'node:os';
import { join } from 'node:path';

/** ingot's folder for what can be made again: XDG_CACHE_HOME or the system's own cache folder, plus `ingot`. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  if (env.XDG_CACHE_HOME !== undefined && env.XDG_CACHE_HOME !== '') return join(env.XDG_CACHE_HOME, 'ingot');
  const home = env.HOME ?? homedir();
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches', 'ingot') : join(home, '.cache', 'ingot');
}
