import type { Attributes, SFTPWrapper } from 'ssh2';
import ssh2 from 'ssh2';
import { canonical, type FileSystem, type NtfsEntry, type NtfsRefusal } from './file-system.ts';

const { STATUS_CODE } = ssh2.utils.sftp;
/** pflags of SSH_FXP_OPEN (draft-ietf-secsh-filexfer-02). */
const FLAG = { write: 0x02, append: 0x04, create: 0x08, truncate: 0x10, exclusive: 0x20 };
const HOME = 'C:/Users/Administrator';
const MODE = { folder: 0o040777, file: 0o100666, readOnly: 0o100444 };
const BATCH = 100;

interface OpenFile {
  readonly path: string;
  buffer: Buffer;
  length: number;
  readonly appends: boolean;
  dirty: boolean;
}

interface OpenFolder {
  readonly entries: NtfsEntry[];
}

/** Answers SFTP (version 3, as OpenSSH speaks it) from the modelled volume. What was written stays if the connection is cut. */
export function serveSftp(sftp: SFTPWrapper, files: FileSystem): void {
  const open = new Map<number, OpenFile | OpenFolder>();
  let last = 0;
  const status = (id: number, refusal: NtfsRefusal | undefined) => sftp.status(id, statusOf(refusal));
  const issue = (what: OpenFile | OpenFolder): Buffer => {
    last += 1;
    open.set(last, what);
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(last);
    return handle;
  };
  const fileOf = (handle: Buffer): OpenFile | undefined => {
    const found = handle.length === 4 ? open.get(handle.readUInt32BE()) : undefined;
    return found !== undefined && 'buffer' in found ? found : undefined;
  };
  const commit = (file: OpenFile) => {
    if (file.dirty) files.write(file.path, Buffer.from(file.buffer.subarray(0, file.length)));
    file.dirty = false;
  };
  const commitAll = () => {
    for (const what of open.values()) if ('buffer' in what) commit(what);
    open.clear();
  };
  sftp.on('close', commitAll);
  sftp.on('end', () => {
    commitAll();
    sftp.end();
  });

  sftp.on('OPEN', (id, name, flags) => {
    const path = canonical(name);
    const old = files.get(path);
    if (old?.folder) return sftp.status(id, STATUS_CODE.FAILURE);
    if (old === undefined && (flags & FLAG.create) === 0) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    if (old !== undefined && (flags & FLAG.exclusive) !== 0) return sftp.status(id, STATUS_CODE.FAILURE);
    if ((flags & FLAG.write) !== 0 && (old === undefined || (flags & FLAG.truncate) !== 0 || old.readOnly)) {
      const refusal = files.write(path, Buffer.alloc(0));
      if (refusal !== undefined) return status(id, refusal);
    }
    const content = files.read(path) ?? Buffer.alloc(0);
    sftp.handle(
      id,
      issue({ path, buffer: content, length: content.length, appends: (flags & FLAG.append) !== 0, dirty: false }),
    );
  });
  sftp.on('READ', (id, handle, offset, length) => {
    const file = fileOf(handle);
    if (file === undefined) return sftp.status(id, STATUS_CODE.FAILURE);
    if (offset >= file.length) return sftp.status(id, STATUS_CODE.EOF);
    sftp.data(id, file.buffer.subarray(offset, Math.min(offset + length, file.length)));
  });
  sftp.on('WRITE', (id, handle, offset, data) => {
    const file = fileOf(handle);
    if (file === undefined) return sftp.status(id, STATUS_CODE.FAILURE);
    write(file, file.appends ? file.length : offset, data);
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on('CLOSE', (id, handle) => {
    const file = fileOf(handle);
    if (file !== undefined) commit(file);
    const known = handle.length === 4 && open.delete(handle.readUInt32BE());
    sftp.status(id, known ? STATUS_CODE.OK : STATUS_CODE.FAILURE);
  });
  sftp.on('OPENDIR', (id, name) => {
    const entries = files.list(name);
    if (entries === undefined) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    sftp.handle(id, issue({ entries }));
  });
  sftp.on('READDIR', (id, handle) => {
    const found = handle.length === 4 ? open.get(handle.readUInt32BE()) : undefined;
    if (found === undefined || 'buffer' in found) return sftp.status(id, STATUS_CODE.FAILURE);
    const batch = found.entries.splice(0, BATCH);
    if (batch.length === 0) return sftp.status(id, STATUS_CODE.EOF);
    sftp.name(id, batch.map(listing));
  });
  const stat = (id: number, name: string) => {
    const entry = files.get(name);
    if (entry === undefined && canonical(name) !== '') return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    sftp.attrs(id, entry === undefined ? attributes(MODE.folder, 0, 0) : attributesOf(entry));
  };
  sftp.on('STAT', stat);
  sftp.on('LSTAT', stat);
  sftp.on('FSTAT', (id, handle) => {
    const file = fileOf(handle);
    if (file === undefined) return sftp.status(id, STATUS_CODE.FAILURE);
    const entry = files.get(file.path);
    sftp.attrs(id, attributes(MODE.file, file.length, entry?.modified ?? 0));
  });
  const change = (id: number, path: string, wanted: Attributes) => {
    // Win32-OpenSSH turns the owner's write bit into the read-only attribute.
    const readOnly = wanted.mode === undefined ? {} : { readOnly: (wanted.mode & 0o200) === 0 };
    const modified = wanted.mtime === undefined ? {} : { modified: wanted.mtime };
    status(id, files.change(path, { ...readOnly, ...modified }));
  };
  sftp.on('SETSTAT', change);
  sftp.on('FSETSTAT', (id, handle, wanted) => {
    const file = fileOf(handle);
    if (file === undefined) return sftp.status(id, STATUS_CODE.FAILURE);
    change(id, file.path, wanted);
  });
  sftp.on('REMOVE', (id, name) => status(id, files.removeFile(name)));
  sftp.on('RMDIR', (id, name) => status(id, files.removeFolder(name)));
  sftp.on('MKDIR', (id, name) => {
    if (files.get(name) !== undefined) return sftp.status(id, STATUS_CODE.FAILURE);
    const parent = canonical(name).split('/').slice(0, -1).join('/');
    if (!files.get(parent)?.folder) return sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    files.makeFolder(name);
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on('RENAME', (id, from, to) => status(id, files.rename(from, to, false)));
  sftp.on('EXTENDED', (id, name, data) => {
    if (name !== 'posix-rename@openssh.com') return sftp.status(id, STATUS_CODE.OP_UNSUPPORTED);
    const length = data.readUInt32BE(0);
    const from = data.toString('utf8', 4, 4 + length);
    status(id, files.rename(from, data.toString('utf8', 8 + length), true));
  });
  sftp.on('REALPATH', (id, name) => {
    const path =
      name === '.' || name === ''
        ? HOME
        : /^\/?[A-Za-z]:/.test(name) || name === '/'
          ? canonical(name)
          : `${HOME}/${canonical(name)}`;
    sftp.name(id, [{ filename: `/${canonical(path)}`, longname: `/${canonical(path)}`, attrs: attributes(0, 0, 0) }]);
  });
}

function write(file: OpenFile, offset: number, data: Buffer): void {
  const end = offset + data.length;
  if (!file.dirty || end > file.buffer.length) {
    // The content read from the volume is shared: copy it before the first change, and grow by doubling.
    const grown = Buffer.alloc(
      Math.max(end, file.buffer.length, end > file.buffer.length ? file.buffer.length * 2 : 0),
    );
    file.buffer.copy(grown, 0, 0, file.length);
    file.buffer = grown;
    file.dirty = true;
  }
  data.copy(file.buffer, offset);
  file.length = Math.max(file.length, end);
}

function statusOf(refusal: NtfsRefusal | undefined): number {
  if (refusal === undefined) return STATUS_CODE.OK;
  if (refusal === 'not-found') return STATUS_CODE.NO_SUCH_FILE;
  return refusal === 'access-denied' ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE;
}

function attributesOf(entry: NtfsEntry): Attributes {
  const mode = entry.folder ? MODE.folder : entry.readOnly ? MODE.readOnly : MODE.file;
  return attributes(mode, entry.content.length, entry.modified);
}

function attributes(mode: number, size: number, modified: number): Attributes {
  return { mode, size, uid: 0, gid: 0, atime: modified, mtime: modified };
}

function listing(entry: NtfsEntry): { filename: string; longname: string; attrs: Attributes } {
  const filename = entry.path.slice(entry.path.lastIndexOf('/') + 1);
  const attrs = attributesOf(entry);
  const kind = entry.folder ? 'drwxrwxrwx' : '-rw-rw-rw-';
  return {
    filename,
    longname: `${kind}    1 SYSTEM   SYSTEM   ${String(attrs.size).padStart(12)} Jan  1 00:00 ${filename}`,
    attrs,
  };
}
