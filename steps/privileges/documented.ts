import type { ObjectKind } from './objects.ts';

/**
 * A privilege with the object that it is needed on. `target` is what the method is called on (a VM counts as its folder),
 * `into` where a clone is put, `network` the network of the NIC in question.
 */
export interface Asked {
  readonly privilege: string;
  readonly on: 'target' | 'into' | 'network' | ObjectKind;
}

interface Documented {
  /** The document that says so. */
  readonly source: string;
  /** Asked for by every call. */
  readonly always?: readonly Asked[];
  /** Asked for by what the arguments hold. */
  readonly parts?: Readonly<Record<string, readonly Asked[]>>;
}

const on = (where: Asked['on'], ...privileges: readonly string[]): readonly Asked[] =>
  privileges.map((privilege) => ({ privilege, on: where }));
const self = (...privileges: readonly string[]) => on('target', ...privileges);

const reference = (method: string) => `vSphere API reference, ${method}`;
const httpAccess = 'vSphere Web Services SDK Programming Guide, “HTTP Access to vSphere Server Files”';
const common = 'vSphere Security, “Required Privileges for Common Tasks”';
const fileRights = [
  ...on('datastore', 'Datastore.Browse', 'Datastore.FileManagement'),
  ...on('datacenter', 'Datastore.Browse', 'Datastore.FileManagement'),
];
const mediaRights = on('media-datastore', 'Datastore.Browse', 'Datastore.FileManagement');

/**
 * Privileges that the published type information leaves open, because they depend on the arguments of a method, and those
 * of requests that are no methods of it. What it does say (`privilegeOf`) is not repeated here.
 */
export const documented = {
  RetrievePropertiesEx: {
    source: reference('ManagedEntity: System.Read for its properties'),
    parts: { properties: self('System.Read') },
  },
  CreateVM_Task: {
    source: `${reference('Folder.CreateVM_Task')}; ${common}, “Create a virtual machine”`,
    always: [...on('pool', 'Resource.AssignVMToPool'), ...on('datastore', 'Datastore.AllocateSpace')],
    parts: {
      'add VirtualDisk': self('VirtualMachine.Config.AddNewDisk'),
      'add VirtualVmxnet3': on('network', 'Network.Assign'),
      'add VirtualCdrom': on('datastore', 'Datastore.Browse'),
      extraConfig: self('VirtualMachine.Config.AdvancedConfig'),
    },
  },
  CloneVM_Task: {
    source: `${reference('VirtualMachine.CloneVM_Task')}; ${common}, “Deploy a virtual machine from a template” (the same method)`,
    always: [
      ...on('into', 'VirtualMachine.Inventory.CreateFromExisting', 'VirtualMachine.Config.AddNewDisk'),
      ...on('pool', 'Resource.AssignVMToPool'),
      ...on('datastore', 'Datastore.AllocateSpace'),
      ...on('network', 'Network.Assign'),
    ],
    parts: {
      'VM to VM': self('VirtualMachine.Provisioning.Clone'),
      'template to VM': self('VirtualMachine.Provisioning.DeployTemplate'),
      customization: self('VirtualMachine.Provisioning.Customize'),
      // What a clone is changed in the documentation does not speak of: taken to be as for ReconfigVM_Task.
      extraConfig: on('into', 'VirtualMachine.Config.AdvancedConfig'),
      'edit VirtualVmxnet3': on('into', 'VirtualMachine.Config.EditDevice'),
      'remove VirtualCdrom': on('into', 'VirtualMachine.Config.AddRemoveDevice'),
      'other NICs': on('into', 'VirtualMachine.Config.AddRemoveDevice', 'VirtualMachine.Config.EditDevice'),
      numCPUs: on('into', 'VirtualMachine.Config.CPUCount'),
      numCoresPerSocket: on('into', 'VirtualMachine.Config.CPUCount'),
      memoryMB: on('into', 'VirtualMachine.Config.Memory'),
      tools: on('into', 'VirtualMachine.Config.Settings'),
      annotation: on('into', 'VirtualMachine.Config.Annotation'),
    },
  },
  ReconfigVM_Task: {
    source: reference('VirtualMachine.ReconfigVM_Task and VirtualMachineConfigSpec'),
    parts: {
      annotation: self('VirtualMachine.Config.Annotation'),
      bootOptions: self('VirtualMachine.Config.Settings'),
      extraConfig: self('VirtualMachine.Config.AdvancedConfig'),
      numCPUs: self('VirtualMachine.Config.CPUCount'),
      numCoresPerSocket: self('VirtualMachine.Config.CPUCount'),
      memoryMB: self('VirtualMachine.Config.Memory'),
      tools: self('VirtualMachine.Config.Settings'),
      'edit VirtualVmxnet3': [
        ...self('VirtualMachine.Config.EditDevice', 'VirtualMachine.Interact.DeviceConnection'),
        ...on('network', 'Network.Assign'),
      ],
      'other NICs': [
        ...self('VirtualMachine.Config.AddRemoveDevice', 'VirtualMachine.Config.EditDevice'),
        ...on('network', 'Network.Assign'),
      ],
      'remove VirtualCdrom': self('VirtualMachine.Config.AddRemoveDevice'),
      'remove VirtualAHCIController': self('VirtualMachine.Config.AddRemoveDevice'),
      'edit VirtualCdrom': self(
        'VirtualMachine.Config.EditDevice',
        'VirtualMachine.Interact.SetCDMedia',
        'VirtualMachine.Interact.DeviceConnection',
      ),
    },
  },
  Rename_Task: {
    source: 'vSphere Security, “Virtual Machine Change Configuration Privileges”: Rename',
    always: self('VirtualMachine.Config.Rename'),
  },
  // Its documentation wants the privilege on the VM and on its parent: the folder is both here.
  Destroy_Task: {
    source: `${reference('ManagedEntity.Destroy_Task')}; vSphere Security, “Virtual Machine Edit Inventory Privileges”: Remove`,
    always: self('VirtualMachine.Inventory.Delete'),
  },
  MakeDirectory: {
    source: reference('FileManager.MakeDirectory'),
    always: on('datastore', 'Datastore.FileManagement'),
  },
  MoveDatastoreFile_Task: {
    source: reference('FileManager.MoveDatastoreFile_Task'),
    always: on('datastore', 'Datastore.FileManagement'),
  },
  DeleteDatastoreFile_Task: {
    source: reference('FileManager.DeleteDatastoreFile_Task'),
    always: on('datastore', 'Datastore.FileManagement'),
  },
  CreateDirectory: {
    source: reference('DatastoreNamespaceManager.CreateDirectory'),
    always: on('datastore', 'Datastore.Config'),
  },
  SearchDatastore_Task: {
    source: reference('HostDatastoreBrowser.SearchDatastore_Task'),
    always: self('Datastore.Browse'),
  },
  StartProgramInGuest: {
    source: reference('GuestProcessManager.StartProgramInGuest'),
    always: self('VirtualMachine.GuestOperations.Execute'),
  },
  ListProcessesInGuest: {
    source: reference('GuestProcessManager.ListProcessesInGuest'),
    always: self('VirtualMachine.GuestOperations.Query'),
  },
  ListFilesInGuest: {
    source: reference('GuestFileManager.ListFilesInGuest'),
    always: self('VirtualMachine.GuestOperations.Query'),
  },
  InitiateFileTransferFromGuest: {
    source: reference('GuestFileManager.InitiateFileTransferFromGuest'),
    always: self('VirtualMachine.GuestOperations.Query'),
  },
  InitiateFileTransferToGuest: {
    source: reference('GuestFileManager.InitiateFileTransferToGuest'),
    always: self('VirtualMachine.GuestOperations.Modify'),
  },
  MakeDirectoryInGuest: {
    source: reference('GuestFileManager.MakeDirectoryInGuest'),
    always: self('VirtualMachine.GuestOperations.Modify'),
  },
  DeleteFileInGuest: {
    source: reference('GuestFileManager.DeleteFileInGuest'),
    always: self('VirtualMachine.GuestOperations.Modify'),
  },
  DeleteDirectoryInGuest: {
    source: reference('GuestFileManager.DeleteDirectoryInGuest'),
    always: self('VirtualMachine.GuestOperations.Modify'),
  },
  MoveFileInGuest: {
    source: reference('GuestFileManager.MoveFileInGuest'),
    always: self('VirtualMachine.GuestOperations.Modify'),
  },
  ChangeFileAttributesInGuest: {
    source: reference('GuestFileManager.ChangeFileAttributesInGuest'),
    always: self('VirtualMachine.GuestOperations.Modify'),
  },
  ApplyStorageDrsRecommendation_Task: {
    source: reference('StorageResourceManager.ApplyStorageDrsRecommendation_Task'),
    always: on('datastore-cluster', 'Resource.ApplyRecommendation'),
  },
  SetEntityPermissions: {
    source: reference('AuthorizationManager.SetEntityPermissions'),
    always: self('Authorization.ModifyPermissions'),
  },
  RetrieveEntityPermissions: {
    source: reference('AuthorizationManager.RetrieveEntityPermissions'),
    always: self('System.Read'),
  },
  ReconfigureDVPortgroup_Task: {
    source: reference('DistributedVirtualPortgroup.ReconfigureDVPortgroup_Task'),
    parts: { policy: self('DVPortgroup.PolicyOp'), settings: self('DVPortgroup.Modify') },
  },
  SetField: {
    source: reference('CustomFieldsManager.SetField'),
    always: self('Global.SetCustomField'),
  },
  ImportVApp: {
    source: `${reference('ResourcePool.ImportVApp')}, which asks for what CreateVM_Task does`,
    always: [
      ...on('into', 'VApp.Import', 'VirtualMachine.Config.AddNewDisk', 'VirtualMachine.Config.AdvancedConfig'),
      ...on('pool', 'Resource.AssignVMToPool'),
      ...on('datastore', 'Datastore.AllocateSpace'),
      ...on('network', 'Network.Assign'),
    ],
  },
  'POST library item deploy': {
    source:
      'vSphere Automation API reference, vcenter/ovf/library-item deploy and vcenter/vm-template/library-items deploy',
    always: [
      ...on('into', 'VApp.Import', 'VirtualMachine.Inventory.CreateFromExisting', 'VirtualMachine.Config.AddNewDisk'),
      ...on('into', 'VirtualMachine.Config.AdvancedConfig', 'VirtualMachine.Provisioning.DeployTemplate'),
      ...on('pool', 'Resource.AssignVMToPool', 'VApp.Import'),
      ...on('datastore', 'Datastore.AllocateSpace'),
      ...on('network', 'Network.Assign'),
    ],
  },
  'POST library item (OVF)': {
    source: 'vSphere Security, “Content Library Privileges”; vSphere API reference, VirtualMachine.ExportVm',
    always: [
      ...self('VApp.Export'),
      ...on('library', 'ContentLibrary.AddLibraryItem', 'ContentLibrary.UpdateLibraryItem'),
    ],
  },
  'POST library item (VM template)': {
    source: 'vSphere Security, “Content Library Privileges”; vSphere API reference, VirtualMachine.CloneVM_Task',
    always: [
      ...self('VirtualMachine.Provisioning.CloneTemplate'),
      ...on('into', 'VirtualMachine.Inventory.CreateFromExisting', 'VirtualMachine.Config.AddNewDisk'),
      ...on('library', 'ContentLibrary.AddLibraryItem', 'ContentLibrary.UpdateLibraryItem'),
      ...on('pool', 'Resource.AssignVMToPool'),
      ...on('datastore', 'Datastore.AllocateSpace'),
      ...on('network', 'Network.Assign'),
    ],
  },
  // vCenter renames and deletes the VM template with its item.
  'PATCH library item (VM template)': {
    source: 'vSphere Security, “Content Library Privileges”; “Virtual Machine Change Configuration Privileges”: Rename',
    always: [...on('into', 'VirtualMachine.Config.Rename'), ...on('library', 'ContentLibrary.UpdateLibraryItem')],
  },
  'DELETE library item (VM template)': {
    source: 'vSphere Security, “Content Library Privileges”; “Virtual Machine Edit Inventory Privileges”: Remove',
    always: [...on('into', 'VirtualMachine.Inventory.Delete'), ...on('library', 'ContentLibrary.DeleteLibraryItem')],
  },
  'DELETE library item': {
    source: 'vSphere Security, “Content Library Privileges”',
    always: on('library', 'ContentLibrary.DeleteLibraryItem'),
  },
  'POST tag association attach': {
    source: 'vSphere Security, “vSphere Tagging Privileges”',
    always: [
      ...on('vcenter', 'InventoryService.Tagging.AttachTag'),
      ...self('InventoryService.Tagging.ObjectAttachable'),
    ],
  },
  'POST tag': {
    source: 'vSphere Security, “vSphere Tagging Privileges”',
    always: on('vcenter', 'InventoryService.Tagging.CreateCategory', 'InventoryService.Tagging.CreateTag'),
  },
  'PATCH tag category': {
    source: 'vSphere Security, “vSphere Tagging Privileges”',
    always: on('vcenter', 'InventoryService.Tagging.EditCategory'),
  },
  PbmCreate: {
    source: 'vSphere Security, “VM Storage Policies Privileges”',
    always: on('vcenter', 'StorageProfile.Update', 'StorageProfile.View'),
  },
  'GET library item storage': {
    source: 'vSphere Automation API reference, content/library/item/storage',
    always: on('library', 'ContentLibrary.ReadStorage'),
  },
  'GET /folder': {
    source: httpAccess,
    parts: { datastore: fileRights, media: mediaRights },
  },
  'PUT /folder': {
    source: httpAccess,
    parts: { datastore: fileRights },
  },
} as const satisfies Readonly<Record<string, Documented>>;
