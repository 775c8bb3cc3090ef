import type { Interceptor } from './call.ts';
import { hostCertificate } from './esxi.ts';
import { setEntityPermissions } from './methods/authorization.ts';
import { answerVm } from './methods/cdrom.ts';
import { cloneVm } from './methods/clone.ts';
import { createVm } from './methods/create-vm.ts';
import { checkCustomization, customizeVm } from './methods/customize.ts';
import { acquireTicket, changeFile } from './methods/datastore.ts';
import { createDescriptor, exportSnapshot, exportVm, unlessLeased } from './methods/export.ts';
import {
  changeFileAttributes,
  deleteDirectory,
  deleteFile,
  listFiles,
  makeDirectory,
  moveFile,
  transferFrom,
  transferTo,
} from './methods/guest-files.ts';
import { listProcesses, startProgram } from './methods/guest-operations.ts';
import { createImportSpec, importVApp } from './methods/import.ts';
import { leaseAbort, leaseComplete, leaseManifest, leaseProgress } from './methods/lease.ts';
import { readPortGroups, reconfigurePortGroup, updatePortGroup } from './methods/port-groups.ts';
import { powerOff, powerOn, powerOnMulti, rebootGuest, remove, reset, shutdownGuest } from './methods/power.ts';
import { reconfigure } from './methods/reconfigure.ts';
import { rename } from './methods/rename.ts';
import { createScreenshot, putUsbScanCodes } from './methods/screen.ts';
import {
  createSnapshot,
  removeAllSnapshots,
  removeSnapshot,
  revertToCurrent,
  revertToSnapshot,
} from './methods/snapshot.ts';

/** What does a call that does not simply pass through to vcsim. */
export function interceptorFor(method: string, raw: string): Interceptor | undefined {
  if (method === 'RetrievePropertiesEx') {
    if (raw.includes('>networkInfo')) return readPortGroups;
    return raw.includes('>config.certificate<') ? hostCertificate : undefined;
  }
  return INTERCEPTORS.get(method);
}

const INTERCEPTORS: ReadonlyMap<string, Interceptor> = new Map<string, Interceptor>([
  ['SetEntityPermissions', setEntityPermissions],
  ['UpdatePortGroup', updatePortGroup],
  ['ReconfigureDVPortgroup_Task', reconfigurePortGroup],
  ['CreateVM_Task', createVm],
  ['ReconfigVM_Task', reconfigure],
  ['CloneVM_Task', cloneVm],
  ['CustomizeVM_Task', customizeVm],
  ['CheckCustomizationSpec', checkCustomization],
  ['Rename_Task', rename],
  ['Destroy_Task', unlessLeased(remove)],
  ['UnregisterVM', remove],
  ['PowerOnVM_Task', unlessLeased(powerOn)],
  ['PowerOnMultiVM_Task', powerOnMulti],
  ['PowerOffVM_Task', powerOff],
  ['ResetVM_Task', reset],
  ['ShutdownGuest', shutdownGuest],
  ['RebootGuest', rebootGuest],
  ['CreateSnapshot_Task', createSnapshot],
  ['RevertToSnapshot_Task', revertToSnapshot],
  ['RevertToCurrentSnapshot_Task', revertToCurrent],
  ['RemoveSnapshot_Task', removeSnapshot],
  ['RemoveAllSnapshots_Task', removeAllSnapshots],
  ['CreateScreenshot_Task', createScreenshot],
  ['AnswerVM', answerVm],
  ['PutUsbScanCodes', putUsbScanCodes],
  ['DeleteDatastoreFile_Task', changeFile],
  ['MoveDatastoreFile_Task', changeFile],
  ['AcquireGenericServiceTicket', acquireTicket],
  ['ExportVm', exportVm],
  ['ExportSnapshot', exportSnapshot],
  ['CreateDescriptor', createDescriptor],
  ['CreateImportSpec', createImportSpec],
  ['ImportVApp', importVApp],
  ['HttpNfcLeaseProgress', leaseProgress],
  ['HttpNfcLeaseComplete', leaseComplete],
  ['HttpNfcLeaseAbort', leaseAbort],
  ['HttpNfcLeaseGetManifest', leaseManifest],
  ['StartProgramInGuest', startProgram],
  ['ListProcessesInGuest', listProcesses],
  ['MakeDirectoryInGuest', makeDirectory],
  ['DeleteFileInGuest', deleteFile],
  ['DeleteDirectoryInGuest', deleteDirectory],
  ['MoveFileInGuest', moveFile],
  ['ChangeFileAttributesInGuest', changeFileAttributes],
  ['ListFilesInGuest', listFiles],
  ['InitiateFileTransferToGuest', transferTo],
  ['InitiateFileTransferFromGuest', transferFrom],
]);
