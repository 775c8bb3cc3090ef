import type { NtfsEntry, NtfsRefusal } from '../../guest/file-system.ts';
import { leaf, node, textAt } from '../../xml.ts';
import { answer, type Call, fault, type ProxyContext } from '../call.ts';
import type { Answer } from '../upstream.ts';
import { guestOperation } from './guest-operations.ts';

/** MakeDirectoryInGuest */
export const makeDirectory = guestOperation(({ call, tools }) => {
  const path = textAt(call.body, 'directoryPath') ?? '';
  const { files } = tools.host.windows;
  if (files.get(path) !== undefined) return refuse('exists', path);
  const above = path.replace(/[\\/][^\\/]*$/, '');
  if (textAt(call.body, 'createParentDirectories') !== 'true' && !files.get(above)?.folder)
    return refuse('not-found', path);
  files.makeFolder(path);
  return answer(call.method);
});

/** DeleteFileInGuest */
export const deleteFile = guestOperation(({ call, tools }) => {
  const path = textAt(call.body, 'filePath') ?? '';
  return done(call, tools.host.windows.files.removeFile(path), path);
});

/** DeleteDirectoryInGuest */
export const deleteDirectory = guestOperation(({ call, tools }) => {
  const path = textAt(call.body, 'directoryPath') ?? '';
  const { files } = tools.host.windows;
  if (!files.get(path)?.folder) return refuse('not-found', path);
  if (textAt(call.body, 'recursive') !== 'true') return done(call, files.removeFolder(path), path);
  files.removeTree(path);
  tools.deleted();
  return answer(call.method);
});

/** MoveFileInGuest */
export const moveFile = guestOperation(({ call, tools }) => {
  const from = textAt(call.body, 'srcFilePath') ?? '';
  const to = textAt(call.body, 'dstFilePath') ?? '';
  const overwrite = textAt(call.body, 'overwrite') === 'true';
  return done(call, tools.host.windows.files.rename(from, to, overwrite), to);
});

/** ChangeFileAttributesInGuest: only the read-only attribute is modelled. */
export const changeFileAttributes = guestOperation(({ call, tools }) => {
  const path = textAt(call.body, 'guestFilePath') ?? '';
  const readOnly = textAt(call.body, 'fileAttributes', 'readOnly');
  const { files } = tools.host.windows;
  return done(call, files.change(path, readOnly === undefined ? {} : { readOnly: readOnly === 'true' }), path);
});

/** ListFilesInGuest: a folder's entries, or a file's own. */
export const listFiles = guestOperation(({ call, tools }) => {
  const path = textAt(call.body, 'filePath') ?? '';
  const { files } = tools.host.windows;
  const entry = files.get(path);
  if (entry === undefined) return refuse('not-found', path);
  const dots = ['.', '..'].map((name) => described({ ...entry, path: name }));
  const found = entry.folder ? [...dots, ...(files.list(path) ?? []).map(described)] : [described(entry)];
  const index = Number(textAt(call.body, 'index') ?? 0);
  const page = found.slice(index, index + Number(textAt(call.body, 'maxResults') ?? 50));
  const remaining = leaf('remaining', found.length - index - page.length);
  return answer(call.method, node('returnval', page.join('') + remaining));
});

/** InitiateFileTransferToGuest: the URL for one PUT. */
export const transferTo = guestOperation(async ({ call, lab, tools, present }) => {
  const path = textAt(call.body, 'guestFilePath') ?? '';
  const { files } = tools.host.windows;
  const above = path.replace(/[\\/][^\\/]*$/, '');
  if (!files.get(above)?.folder) return refuse('not-found', path);
  const old = files.get(path);
  if (old !== undefined && textAt(call.body, 'overwrite') !== 'true') return refuse('exists', path);
  if (old?.folder || old?.readOnly) return refuse('access-denied', path);
  const size = Number(textAt(call.body, 'fileSize'));
  const url = lab.transfers.begin({ tools, present, path, size }, await originOf(lab));
  return answer(call.method, leaf('returnval', url));
});

/** InitiateFileTransferFromGuest: the URL for one GET. */
export const transferFrom = guestOperation(async ({ call, lab, tools, present }) => {
  const path = textAt(call.body, 'guestFilePath') ?? '';
  const entry = tools.host.windows.files.get(path);
  if (entry === undefined || entry.folder) return refuse('not-found', path);
  const url = lab.transfers.begin({ tools, present, path, size: undefined }, await originOf(lab));
  const information = attributes(entry) + leaf('size', entry.content.length) + leaf('url', url);
  return answer(call.method, node('returnval', information));
});

/** Over which machine files go: vCenter passes them on, or the ESXi host takes them itself. */
async function originOf(lab: ProxyContext): Promise<string | undefined> {
  return lab.scenario.scenario.guestFiles === undefined ? undefined : lab.esxi.origin(lab);
}

function described(entry: NtfsEntry): string {
  const name = entry.path.replace(/^.*\//, '');
  const size = entry.folder ? 0 : entry.content.length;
  return node(
    'files',
    leaf('path', name) + leaf('type', entry.folder ? 'directory' : 'file') + leaf('size', size) + attributes(entry),
  );
}

function attributes({ modified, readOnly }: NtfsEntry): string {
  const time = new Date(modified * 1000).toISOString();
  const inner = leaf('modificationTime', time) + leaf('accessTime', time) + leaf('hidden', false);
  return node(
    'attributes',
    inner + leaf('readOnly', readOnly) + leaf('createTime', time),
    'GuestWindowsFileAttributes',
  );
}

function done(call: Call, refusal: NtfsRefusal | undefined, path: string): Answer {
  return refusal === undefined ? answer(call.method) : refuse(refusal, path);
}

function refuse(refusal: NtfsRefusal, path: string): Answer {
  const file = leaf('file', path);
  if (refusal === 'not-found') return fault('FileNotFound', `File ${path} was not found`, file);
  if (refusal === 'exists') return fault('FileAlreadyExists', `The file ${path} already exists`, file);
  if (refusal === 'access-denied')
    return fault('GuestPermissionDenied', 'Permission to perform this operation was denied.');
  return fault('FileFault', `A general error occurred with ${path}`, file);
}
