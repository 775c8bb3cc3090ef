/**
 * The privileges of the methods that a build calls, by the kind of object they are checked on. From the published type
 * information of the vSphere API (the `privilege` of each method) and, for methods that check it by what is asked
 * (ReconfigVM_Task, CloneVM_Task, /folder), from "Required Privileges for Common Tasks" of the vSphere documentation.
 */
export const privileges = {
  folder: [
    'VirtualMachine.Inventory.Create',
    'VirtualMachine.Inventory.CreateFromExisting',
    'VirtualMachine.Inventory.Delete',
    'VirtualMachine.Config.AddNewDisk',
    'VirtualMachine.Config.AddRemoveDevice',
    'VirtualMachine.Config.AdvancedConfig',
    'VirtualMachine.Config.Annotation',
    'VirtualMachine.Config.CPUCount',
    'VirtualMachine.Config.EditDevice',
    'VirtualMachine.Config.Memory',
    'VirtualMachine.Config.Rename',
    'VirtualMachine.Config.Resource',
    'VirtualMachine.Config.Settings',
    'VirtualMachine.Interact.CreateScreenshot',
    'VirtualMachine.Interact.PowerOff',
    'VirtualMachine.Interact.PowerOn',
    'VirtualMachine.Interact.SetCDMedia',
    'VirtualMachine.Provisioning.Clone',
    'VirtualMachine.Provisioning.MarkAsTemplate',
    'VirtualMachine.State.CreateSnapshot',
    'VirtualMachine.State.RemoveSnapshot',
    'VirtualMachine.State.RevertToSnapshot',
  ],
  pool: ['Resource.AssignVMToPool'],
  datastore: ['Datastore.AllocateSpace', 'Datastore.Browse', 'Datastore.FileManagement'],
  datacenter: ['Datastore.Browse', 'Datastore.FileManagement'],
  network: ['Network.Assign'],
} as const;

/** For media that ask for a key before they boot and cannot be patched. */
export const promptPrivileges = {
  ...privileges,
  folder: [...privileges.folder, 'VirtualMachine.Interact.PutUsbScanCodes', 'VirtualMachine.Interact.Reset'],
} as const;

export type Privileges = { readonly [K in keyof typeof privileges]: readonly string[] };
