import { createHash } from 'node:crypto';
import { GuestError } from '../../guest/index.ts';
import type { GuestEntry, GuestOperations } from '../../guest/vmtools/index.ts';

const STATE = {
  bootTime: '2026-11-21T05:00:00Z',
  uptimeSeconds: 60,
  computerName: 'WIN',
  osBuild: '20348.1',
  pendingReboot: [],
  imageState: 'IMAGE_STATE_COMPLETE',
};

/** Guest operations over files in memory, which know the scripts that copies need. */
export interface FakeOperations extends GuestOperations {
  /** By their paths: `C:\folder\file`. */
  readonly files: Map<string, Buffer>;
  /** What becomes of the bytes of a write; they stay as they are if left out. */
  spoil: (path: string, bytes: Buffer) => Buffer;
  /** The end of a script is told over guestinfo; it can be found in a file either way. */
  tells: boolean;
  /** Reads of paths that match are answered with “VMware Tools do not answer” so many times. */
  away: { readonly path: RegExp; times: number };
}

export function fakeOperations(): FakeOperations {
  const files = new Map<string, Buffer>([['C:\\ProgramData\\ingot\\bootstrap.log', Buffer.alloc(0)]]);
  let exec: string | undefined;
  const looking = new Set<() => void>();
  const entry = (name: string, kind: GuestEntry['kind'], size = 0): GuestEntry => ({
    ...{ name, kind, size, readOnly: false },
  });
  const below = (folder: string) => [...files.keys()].filter((path) => path.startsWith(`${folder}\\`));

  function answerOf(command: string, input: string): unknown {
    if (!command.includes('file-digest.ps1')) return STATE;
    const { paths }: { paths: string[] } = JSON.parse(Buffer.from(input, 'base64').toString());
    return {
      files: paths.flatMap((path) => {
        const bytes = files.get(path);
        if (bytes === undefined) return [];
        return [{ path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }];
      }),
    };
  }

  const fake: FakeOperations = {
    name: 'vm',
    files,
    spoil: (_, bytes) => bytes,
    tells: true,
    away: { path: /^never$/, times: 0 },
    async startProgram(_, args) {
      const [, folder = '', id = ''] = /(C:\\ProgramData\\ingot\\run\\([0-9a-f]+))\\in/.exec(args) ?? [];
      if (id === '') return 1;
      const answer = answerOf(args, String(files.get(`${folder}\\in`)));
      files.set(`${folder}\\out`, Buffer.from(`##ingot:result ${JSON.stringify(answer)}\r\n`));
      files.set(`${folder}\\exit`, Buffer.from('0\r\n'));
      if (fake.tells) exec = `${id} 0`;
      for (const look of looking) look();
      return 2;
    },
    processes: async () => [],
    async list(path) {
      const bytes = files.get(path);
      if (bytes !== undefined) return [entry(path.slice(path.lastIndexOf('\\') + 1), 'file', bytes.length)];
      const names = below(path).map((file) => file.slice(path.length + 1));
      if (names.length === 0) return undefined;
      return names.map((name) => {
        const [first = '', ...more] = name.split('\\');
        return entry(first, more.length > 0 ? 'folder' : 'file', files.get(`${path}\\${name}`)?.length);
      });
    },
    async receive(path, sink, { from = 0 }) {
      if (fake.away.path.test(path) && fake.away.times-- > 0) throw new GuestError('guest.unreachable', 'away');
      const bytes = files.get(path);
      if (bytes === undefined) return undefined;
      await sink()(bytes.subarray(from));
      return bytes.length;
    },
    async write(path, source) {
      const pieces: Uint8Array[] = [];
      for await (const piece of source.open()) pieces.push(Uint8Array.from(piece));
      files.set(path, fake.spoil(path, Buffer.concat(pieces)));
    },
    makeFolder: async () => {},
    deleteFile: async (path) => void files.delete(path),
    async deleteFolder(path) {
      for (const file of below(path)) files.delete(file);
    },
    async replace(from, to) {
      const bytes = files.get(from);
      if (bytes === undefined) throw new GuestError('guest.file', `nothing at ${from}`);
      files.set(to, bytes);
      files.delete(from);
    },
    setReadOnly: async () => {},
    waitFor: (look, { signal }) =>
      new Promise((resolve, reject) => {
        const again = () => {
          const found = look({ ready: true, exec });
          if (found === undefined || found === false) return;
          looking.delete(again);
          resolve(found);
        };
        looking.add(again);
        signal.addEventListener('abort', () => {
          looking.delete(again);
          reject(signal.reason);
        });
        again();
      }),
  };
  return fake;
}
