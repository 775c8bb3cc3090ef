import type { BuiltInStep } from '../../../image/index.ts';
import type { Call } from '../call.ts';
import { guest, layer, lease, screenshot, session, throughTools, upload } from './common.ts';
import { when } from './conditions.ts';
import { publishing } from './publish.ts';
import { fromSource } from './source.ts';

const inWindows = guest('folder');
const inClone = guest('template-folder');

/**
 * What each step of a build asks of vCenter. A step that is new has to be added: the compiler wants it, and
 * test/privileges/trace.test.ts holds it against the requests of real builds.
 */
export const stepCalls: Readonly<Record<BuiltInStep, readonly Call[]>> = {
  'inspect-media': [
    { method: 'GET /folder', on: 'media-datastore', parts: ['media'], when: when.isoInVcenter },
    { method: 'SearchDatastore_Task', on: 'media-datastore', when: when.isoInVcenter },
    { method: 'GET library item storage', on: 'library', when: when.mediaInLibrary },
  ],
  preflight: [
    { method: 'QueryConfigOptionEx', on: 'compute' },
    { method: 'HasPrivilegeOnEntities', on: 'vcenter' },
    { method: 'SearchDatastore_Task', on: 'media-datastore', when: when.mediaInVcenter },
    ...lease,
  ],
  'upload-iso': upload,
  'answer-disc': [],
  'upload-media': upload,
  'create-vm': [
    { method: 'Destroy_Task', on: 'folder', rarely: 'a master of other inputs is there' },
    { method: 'DeleteDatastoreFile_Task', on: 'datastore', rarely: 'a master of other inputs has an answer disc' },
    {
      method: 'CreateVM_Task',
      on: 'folder',
      parts: ['add VirtualDisk', 'add VirtualVmxnet3', 'add VirtualCdrom', 'extraConfig'],
      when: when.fromIso,
    },
    {
      method: 'ReconfigVM_Task',
      on: 'folder',
      parts: ['bootOptions'],
      when: when.fromIso,
      rarely: 'a vCenter that did not take the boot order of a new VM is told again',
    },
    { method: 'RecommendDatastores', on: 'datastore-cluster', when: when.storageDrs },
    ...fromSource,
  ],
  'install-windows': [
    { method: 'PowerOnVM_Task', on: 'folder' },
    { method: 'GET /folder', on: 'datastore', parts: ['datastore'], when: when.prompted },
    { method: 'PutUsbScanCodes', on: 'folder', when: when.prompted },
    { method: 'ResetVM_Task', on: 'folder', when: when.prompted, rarely: 'the key came too late' },
    ...screenshot('folder'),
    ...layer,
    { method: 'DeleteDatastoreFile_Task', on: 'datastore', when: when.fromIso },
    { method: 'ReconfigVM_Task', on: 'folder', parts: ['bootOptions', 'extraConfig'] },
    { method: 'ReconfigVM_Task', on: 'folder', parts: ['remove VirtualCdrom'], when: when.fromIso },
    // What is in the source is asked through VMware Tools, which need no key that is known before.
    ...throughTools('folder').map((call) => ({
      ...call,
      when: when.fromElsewhere,
      rarely: 'asks the Windows of the source what it is; over SSH where source.hostKeys are given',
    })),
  ],
  'vmware-tools': [],
  'ip-address': [],
  openssh: inWindows,
  'tools-conf': inWindows,
  time: inWindows,
  certificates: inWindows,
  defender: inWindows,
  'windows-updates': [...inWindows, ...layer],
  features: inWindows,
  docker: inWindows,
  containerd: inWindows,
  firewall: inWindows,
  registry: inWindows,
  'memory-dump': inWindows,
  cleanup: inWindows,
  inventory: inWindows,
  master: [...inWindows, ...layer],
  clone: [
    { method: 'Destroy_Task', on: 'template-folder', rarely: 'an earlier build left its clone' },
    { method: 'CloneVM_Task', on: 'folder', parts: ['VM to VM', 'extraConfig'] },
  ],
  sysprep: [
    { method: 'PowerOnVM_Task', on: 'template-folder' },
    { method: 'ReconfigVM_Task', on: 'template-folder', parts: ['extraConfig'] },
    ...inClone,
  ],
  seal: [
    {
      method: 'ReconfigVM_Task',
      on: 'template-folder',
      parts: ['annotation', 'extraConfig', 'remove VirtualAHCIController'],
    },
    {
      method: 'ReconfigVM_Task',
      on: 'template-folder',
      parts: ['remove VirtualCdrom'],
      rarely: 'somebody gave the master a CD drive',
    },
  ],
  'smoke-test': [
    { method: 'CreateSnapshot_Task', on: 'template-folder', when: when.linkedClone },
    {
      method: 'CloneVM_Task',
      on: 'template-folder',
      network: 'network',
      parts: ['VM to VM', 'extraConfig', 'edit VirtualVmxnet3'],
      when: when.noSmokeNetwork,
    },
    {
      method: 'CloneVM_Task',
      on: 'template-folder',
      network: 'smoke-network',
      parts: ['VM to VM', 'extraConfig', 'edit VirtualVmxnet3'],
      when: when.smokeNetwork,
    },
    { method: 'PowerOnVM_Task', on: 'template-folder' },
    ...throughTools('template-folder'),
    ...screenshot('template-folder'),
    { method: 'PowerOffVM_Task', on: 'template-folder' },
    { method: 'Destroy_Task', on: 'template-folder' },
    { method: 'RemoveSnapshot_Task', on: 'template-folder', when: when.linkedClone },
    {
      method: 'ConsolidateVMDisks_Task',
      on: 'template-folder',
      when: when.linkedClone,
      rarely: 'vCenter could not merge the disks with the snapshot',
    },
    { method: 'ReconfigVM_Task', on: 'template-folder', parts: ['extraConfig'] },
  ],
  template: [
    { method: 'MarkAsTemplate', on: 'template-folder' },
    { method: 'Rename_Task', on: 'template-folder' },
    { method: 'Destroy_Task', on: 'template-folder', rarely: 'templates beyond template.keep' },
  ],
  publish: publishing,
};

/** What a build does between its steps. */
export const betweenSteps: Readonly<Record<string, readonly Call[]>> = {
  session,
  records: [{ method: 'ReconfigVM_Task', on: 'folder', parts: ['extraConfig'] }],
  'going on': [
    { method: 'RevertToSnapshot_Task', on: 'folder', rarely: 'inputs changed: back to the layer below' },
    { method: 'RemoveSnapshot_Task', on: 'folder', rarely: 'inputs changed: what was built upon that layer goes' },
    { method: 'CreateSnapshot_Task', on: 'folder', rarely: 'a build broke off before its snapshot' },
    { method: 'PowerOffVM_Task', on: 'folder', rarely: 'inputs changed while the master runs' },
    { method: 'Rename_Task', on: 'template-folder', rarely: 'a build broke off between two renamings' },
  ],
  'failed build': [
    { method: 'ReconfigVM_Task', on: 'folder', parts: ['edit VirtualCdrom'], rarely: 'takes the answer disc out' },
    { method: 'AnswerVM', on: 'folder', rarely: 'Windows holds the answer disc that is taken out' },
    { method: 'DeleteDatastoreFile_Task', on: 'datastore', rarely: 'deletes the answer disc' },
  ],
};

/** The user's own steps work in Windows. */
export const ownStepCalls: readonly Call[] = inWindows;
