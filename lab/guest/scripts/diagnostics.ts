import { INGOT_FOLDER } from '../paths.ts';
import { type ScriptModel, whole } from './call.ts';

const FOLDER = `${INGOT_FOLDER}/diagnostics`;
const LOGS: Readonly<Record<string, string>> = {
  'sysprep-setupact.log': 'C:/Windows/System32/Sysprep/Panther/setupact.log',
  'sysprep-setuperr.log': 'C:/Windows/System32/Sysprep/Panther/setuperr.log',
  'cbs.log': 'C:/Windows/Logs/CBS/CBS.log',
  'bootstrap.log': `${INGOT_FOLDER}/bootstrap.log`,
};

/** Gathers logs, each cut to its end, and what Windows is like. */
export const diagnostics: ScriptModel = (call) => {
  const { files, services, pendingReboot, build, imageState } = call.windows;
  const limit = whole(call, 'fileBytes');
  files.removeTree(FOLDER);
  files.makeFolder(FOLDER);
  const gathered: { name: string; bytes: number; source: string; cut: boolean }[] = [];
  const add = (name: string, content: Buffer, source: string) => {
    const end = content.subarray(Math.max(0, content.length - limit));
    const text = end.toString('utf8').replace(/(pass(word|wd)?|secret|token)(\s*[=:]\s*)\S+/gi, '$1$3***');
    files.write(`${FOLDER}/${name}`, text);
    gathered.push({ name, bytes: Buffer.byteLength(text), source, cut: end.length < content.length });
  };
  for (const [name, path] of Object.entries(LOGS)) {
    const content = files.read(path);
    if (content !== undefined) add(name, content, path.replaceAll('/', '\\'));
  }
  add(
    'state.txt',
    Buffer.from(`build ${build}, image state ${imageState}\r\npending restart: ${pendingReboot.join(', ')}\r\n`),
    '',
  );
  const lines = [...services].map(([name, { status, startType }]) => `${status} ${startType} ${name}\r\n`);
  add('services.txt', Buffer.from(lines.join('')), '');
  return { folder: FOLDER.replaceAll('/', '\\'), files: gathered };
};
