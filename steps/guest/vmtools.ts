import { IngotError } from '../../common/failure.ts';
import { GuestError } from '../../guest/errors.ts';
import type { GuestOperations } from '../../guest/vmtools/index.ts';
import { keys } from '../../image/names.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import {
  deleteFile,
  deleteFolder,
  listFiles,
  makeFolder,
  replaceFile,
  setReadOnly,
} from '../../vsphere/guest-operations/files.ts';
import { listProcesses, startProgram } from '../../vsphere/guest-operations/programs.ts';
import { type GuestLogin, guestTarget } from '../../vsphere/guest-operations/target.ts';
import { downloadFromGuest, uploadToGuest } from '../../vsphere/guest-operations/transfer.ts';
import type { Machine } from '../vcenter/machine.ts';
import { guestFailure } from './operation-errors.ts';

/** The guest operations of vCenter for one VM, as guest/ wants them. */
export async function vmToolsOperations(
  vc: Vsphere,
  machine: Machine,
  login: GuestLogin,
  signal: AbortSignal,
): Promise<GuestOperations> {
  const { name, vm } = machine;
  const target = await guestTarget(vc, vm, login, { signal });

  async function tried<T>(doing: string, until: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      until.throwIfAborted();
      throw guestFailure(error, doing, name);
    }
  }

  return {
    name,
    startProgram: (path, args, options) =>
      tried(`start ${path}`, options.signal, () => startProgram(target, { path, arguments: args }, options)),
    processes: (pids, options) =>
      tried('list processes', options.signal, async () =>
        (await listProcesses(target, pids, options)).map(({ pid, name: file, cmdLine, endTime, exitCode }) => ({
          pid,
          name: file,
          commandLine: cmdLine,
          exitCode,
          ended: endTime !== undefined || exitCode !== undefined,
        })),
      ),
    list: (path, options) =>
      tried(`look for ${path}`, options.signal, async () =>
        (await listFiles(target, path, options))?.map(({ path: entry, type, size, attributes }) => ({
          name: entry,
          kind: type === 'directory' ? 'folder' : type === 'file' ? 'file' : 'other',
          size,
          readOnly: attributes.$type === 'GuestWindowsFileAttributes' && attributes.readOnly === true,
        })),
      ),
    receive: (path, sink, options) =>
      tried(`read ${path}`, options.signal, () => downloadFromGuest(target, path, sink, options)),
    write: (path, source, options) =>
      tried(`write ${path}`, options.signal, async () => {
        await uploadToGuest(target, path, source, options);
      }),
    makeFolder: (path, options) => tried(`make ${path}`, options.signal, () => makeFolder(target, path, options)),
    deleteFile: (path, options) => tried(`delete ${path}`, options.signal, () => deleteFile(target, path, options)),
    deleteFolder: (path, options) => tried(`delete ${path}`, options.signal, () => deleteFolder(target, path, options)),
    replace: (from, to, options) => tried(`write ${to}`, options.signal, () => replaceFile(target, from, to, options)),
    setReadOnly: (path, readOnly, options) =>
      tried(`change ${path}`, options.signal, () => setReadOnly(target, path, readOnly, options)),
    async waitFor(look, options) {
      try {
        return await machine.waitFor(
          ({ guestOperationsReady, extraConfig }) =>
            look({ ready: guestOperationsReady, exec: extraConfig.get(keys.exec) }),
          options,
        );
      } catch (error) {
        if (!(error instanceof IngotError) || error.code !== 'vsphere.deadline') throw error;
        const seconds = Math.round(options.deadlineMs / 100) / 10;
        throw new GuestError(
          'guest.unreachable',
          `Expected ${options.what} within ${seconds} s, found that this did not happen.`,
          {
            cause: error,
            retryable: true,
            unreachable: true,
            timedOut: true,
            remedy:
              'Look at the console of the VM: does Windows run, and its service VMTools? Build again, or raise timeouts.ssh.',
          },
        );
      }
    },
  };
}
