import type { Finding } from '../problem.ts';
import { GIB, MIB } from '../units.ts';
import type { Rule } from './rule.ts';

/** What Windows itself, its updates and one dump need beside the page file. */
const WINDOWS = 20 * GIB;
/** Below it not even a small dump can be written (Microsoft, “Small memory dump”: 2 MB); Windows itself wants more. */
const SMALLEST = 256 * MIB;

/** A page file that fits on the disk and that the dump fits in. */
export const memoryDump: Rule = ({ pageFile, memoryDump: dump, hardware }) => {
  if (typeof pageFile !== 'number') return [];
  const path = ['pageFile'];
  const shown = `${pageFile / MIB} MiB`;
  const wrong = (expected: string, remedy: string): Finding[] => [
    { path, code: 'page-file.size', expected, found: shown, remedy },
  ];
  if (pageFile < SMALLEST || pageFile % MIB !== 0) {
    return wrong('whole MiB, 256 at least', 'write a size such as 4GiB, or managed');
  }
  if (hardware?.disk !== undefined && pageFile > hardware.disk - WINDOWS) {
    return wrong(`a page file that leaves 20 GiB of the ${hardware.disk / GIB} GiB disk`, 'make the disk larger');
  }
  if (dump !== 'automatic') return [];
  return [
    {
      path,
      code: 'page-file.dump',
      expected: 'managed beside memoryDump: automatic, which lets Windows grow the page file after a crash',
      found: `a fixed ${shown}`,
      remedy: 'write memoryDump: kernel and give the page file the size of such a dump, or pageFile: managed',
      severity: 'warning',
    },
  ];
};
