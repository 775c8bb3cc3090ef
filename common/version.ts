import { readFileSync } from 'node:fs';

/** ingot's version, from the package.json above the sources or above `dist/`. */
export function version(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const content: unknown = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8'));
      if (content !== null && typeof content === 'object' && 'version' in content) return String(content.version);
    } catch {
      // Not there: look one folder further up.
    }
  }
  return 'unknown';
}
