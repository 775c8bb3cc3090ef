import type { Call } from '../call.ts';
import type { ObjectKind } from '../objects.ts';
import { when } from './conditions.ts';

/** The session, looking things up and waiting: for whoever may log in and see the objects. */
export const session: readonly Call[] = [
  { method: 'RetrieveServiceContent', on: 'vcenter' },
  { method: 'Login', on: 'vcenter' },
  { method: 'Logout', on: 'vcenter' },
  { method: 'CurrentTime', on: 'vcenter', rarely: 'keeps a session alive, and tells how old a lease is' },
  { method: 'FindByInventoryPath', on: 'vcenter' },
  { method: 'FindByUuid', on: 'vcenter', rarely: 'looks for the VM after a lost answer' },
  { method: 'ContinueRetrievePropertiesEx', on: 'vcenter', rarely: 'vCenter answers in pages when there is much' },
  { method: 'CreatePropertyCollector', on: 'vcenter' },
  { method: 'CreateFilter', on: 'vcenter' },
  { method: 'CreateListView', on: 'vcenter' },
  { method: 'ModifyListView', on: 'vcenter' },
  { method: 'WaitForUpdatesEx', on: 'vcenter' },
  { method: 'CancelWaitForUpdates', on: 'vcenter', rarely: 'ends a wait that nobody waits for any more' },
  { method: 'DestroyPropertyCollector', on: 'vcenter', rarely: 'a wait begins anew' },
  { method: 'CancelTask', on: 'vcenter', rarely: 'cancels a task of its own; where that is refused the task goes on' },
  { method: 'RetrievePropertiesEx', on: 'compute', parts: ['properties'] },
  { method: 'RetrievePropertiesEx', on: 'switch', parts: ['properties'] },
];

/** The lease of an image: a folder of the datastore with a file that says who has it. */
export const lease: readonly Call[] = [
  { method: 'MakeDirectory', on: 'datastore' },
  { method: 'CreateDirectory', on: 'datastore', when: when.noTopDirectories },
  { method: 'SearchDatastore_Task', on: 'datastore' },
  { method: 'PUT /folder', on: 'datastore', parts: ['datastore'] },
  { method: 'GET /folder', on: 'datastore', parts: ['datastore'], rarely: 'reads who else has the lease' },
  { method: 'MoveDatastoreFile_Task', on: 'datastore', rarely: 'takes a lease over whose holder is gone' },
  { method: 'DeleteDatastoreFile_Task', on: 'datastore' },
];

/** Files that are brought to the datastore under names of their content. */
export const upload: readonly Call[] = [
  { method: 'SearchDatastore_Task', on: 'datastore' },
  { method: 'MakeDirectory', on: 'datastore' },
  { method: 'CreateDirectory', on: 'datastore', when: when.noTopDirectories },
  { method: 'PUT /folder', on: 'datastore', parts: ['datastore'] },
  { method: 'GET /folder', on: 'datastore', parts: ['datastore'] },
  { method: 'MoveDatastoreFile_Task', on: 'datastore' },
  { method: 'DeleteDatastoreFile_Task', on: 'datastore', rarely: 'removes what an upload that broke off has left' },
];

/** Work in Windows: over SSH vCenter only starts it, over VMware Tools it is asked for everything. */
export function guest(on: ObjectKind): readonly Call[] {
  return [
    { method: 'PowerOnVM_Task', on, rarely: 'a build that goes on finds the VM off' },
    ...throughTools(on).map((call) => ({ ...call, when: when.throughTools })),
  ];
}

/** Guest operations: running scripts and copying files. */
export function throughTools(on: ObjectKind): readonly Call[] {
  return [
    { method: 'StartProgramInGuest', on },
    { method: 'ListProcessesInGuest', on },
    { method: 'ListFilesInGuest', on },
    { method: 'InitiateFileTransferToGuest', on },
    { method: 'InitiateFileTransferFromGuest', on },
    { method: 'MakeDirectoryInGuest', on },
    { method: 'DeleteFileInGuest', on, rarely: 'removes a file that was not copied whole' },
    { method: 'DeleteDirectoryInGuest', on },
    { method: 'MoveFileInGuest', on },
    { method: 'ChangeFileAttributesInGuest', on, rarely: 'replaces a file that is read-only' },
  ];
}

/** A step of which Windows is shut down and kept: the records go onto the VM, and then the snapshot is taken. */
export const layer: readonly Call[] = [
  { method: 'ShutdownGuest', on: 'folder' },
  { method: 'ReconfigVM_Task', on: 'folder', parts: ['extraConfig'] },
  { method: 'CreateSnapshot_Task', on: 'folder' },
];

/** A picture of a console that nobody looks at. */
export function screenshot(on: ObjectKind): readonly Call[] {
  const rarely = 'a picture of a VM that does not answer';
  return [
    { method: 'CreateScreenshot_Task', on, rarely },
    { method: 'GET /folder', on: 'datastore', parts: ['datastore'], rarely },
    { method: 'DeleteDatastoreFile_Task', on: 'datastore', rarely },
  ];
}
