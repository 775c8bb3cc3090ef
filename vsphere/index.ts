// What other rooms use of the vSphere client. Modules are small, and HTTP is loaded by connect().
export type { WatchedType } from './collector.ts';
export { WATCHED } from './collector.ts';
export type { ConnectOptions } from './connect.ts';
export { connect, parseServer, Vsphere } from './connect.ts';
export type { LibraryIso } from './content-library.ts';
export type { DatastoreFile } from './datastore-files.ts';
export { deleteDatastoreFile, makeDirectory, moveDatastoreFile, searchDatastore } from './datastore-files.ts';
export type { DatastorePath } from './datastore-path.ts';
export { datastorePath, folderUrl, parseDatastorePath } from './datastore-path.ts';
export type { Uploaded, UploadOptions, UploadSource } from './datastore-transfer.ts';
export { download, upload, uploadText } from './datastore-transfer.ts';
export { queryConfigOption } from './environment.ts';
export type { VsphereEvent } from './events.ts';
export { extraConfigMap, readExtraConfig, writeExtraConfig } from './extra-config.ts';
export { faultError, faultOf, isFault, VsphereFault } from './fault.ts';
export {
  cloneVm,
  createFolder,
  createVm,
  destroy,
  ensureFolder,
  findFolder,
  findVm,
  moveIntoFolder,
  rename,
} from './folder.ts';
export type { Compute, ComputeRef, Datacenter, DatastoreLocation, Network, NetworkRef, PoolRef } from './inventory.ts';
export { openDatacenter } from './inventory.ts';
export { findByPath, inventoryPath } from './inventory-path.ts';
export { escapeName, sameName, splitPath, unescapeName } from './names.ts';
export type { MissingPrivilege } from './privileges.ts';
export { missingPrivileges, privilegeOf } from './privileges.ts';
export type { ManagedType, PathOf, Read, ReadOptions } from './properties.ts';
export type { Rest, RestAddress, RestOptions } from './rest.ts';
export type { SnapshotRef } from './snapshot.ts';
export { consolidateDisks, createSnapshot, flattenSnapshots, removeSnapshot, revertToSnapshot } from './snapshot.ts';
export { type PodRequest, recommendDatastore } from './storage-pod.ts';
export type { TaskOptions } from './task.ts';
export { makeTopDirectory } from './top-directory.ts';
export type { Trust } from './trust.ts';
export type { AnyValue, Ref, TypedObject, VimFault } from './values.ts';
export { isRef, ref, refText, sameRef } from './values.ts';
export type * from './vim25.gen.ts';
export type { VmRef } from './vm.ts';
export {
  answerQuestion,
  createScreenshot,
  findByUuid,
  markAsTemplate,
  markAsVirtualMachine,
  powerOff,
  powerOn,
  putUsbScanCodes,
  reconfigure,
  shutdownGuest,
  waitForPowerOff,
} from './vm.ts';
export type { Look, Watched, WatchOptions } from './watch.ts';
export { isA } from './wire.ts';
