import { invalid, type ScriptModel, text, whole } from './call.ts';

const KINDS: Readonly<Record<string, number>> = { none: 0, kernel: 2, small: 3, automatic: 7 };
const FILE = 'C:\\pagefile.sys';

export const memoryDump: ScriptModel = (call) => {
  const { settings } = call.windows;
  const kind = KINDS[text(call, 'memoryDump')];
  const size = whole(call, 'pageFileMegabytes');
  if (kind === undefined) throw invalid('memoryDump', Object.keys(KINDS).join(', '));
  if (size < 0) throw invalid('pageFileMegabytes', 'a size in MiB, or 0');
  const before = structuredClone(settings.memoryDump);
  const pageFiles = size === 0 ? [] : [{ path: FILE, initialMegabytes: size, maximumMegabytes: size }];
  const wanted = { crashDumpEnabled: kind, autoReboot: 1, managed: size === 0, pageFiles };
  const changed = JSON.stringify(before) !== JSON.stringify(wanted);
  if (changed && !call.test) settings.memoryDump = wanted;
  const after = structuredClone(settings.memoryDump);
  return { changed, before, after, rebootRequired: changed && !call.test, evidence: [] };
};
