import { createHash } from 'node:crypto';
import { type ScriptModel, texts } from './call.ts';

/** Of files that are there; names are told as they were asked for. */
export const fileDigest: ScriptModel = (call) => ({
  files: texts(call, 'paths').flatMap((path) => {
    const file = call.windows.files.get(path.replaceAll('\\', '/'));
    if (file === undefined || file.folder) return [];
    const sha256 = createHash('sha256').update(file.content).digest('hex');
    return [{ path, size: file.content.length, sha256 }];
  }),
});
