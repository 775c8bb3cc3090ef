import type { Call } from '../call.ts';
import { when } from './conditions.ts';

/** What the master is given anew of what it is cloned or deployed from: steps/source/clone-spec.ts. */
const changed = [
  ...(['annotation', 'tools', 'numCPUs', 'numCoresPerSocket', 'memoryMB'] as const),
  ...(['edit VirtualVmxnet3', 'extraConfig'] as const),
];
const devices = ['remove VirtualCdrom', 'other NICs'] as const;
const otherDevices = 'the source has a CD drive, or other NICs than the image';

/** The master of an image with a `source`: cloned, or deployed from a package or a library. */
export const fromSource: readonly Call[] = [
  { method: 'RetrievePropertiesEx', on: 'source', parts: ['properties'], when: when.fromElsewhere },
  {
    method: 'CloneVM_Task',
    on: 'source',
    into: 'folder',
    parts: ['template to VM', ...changed],
    when: when.fromTemplate,
  },
  { method: 'CloneVM_Task', on: 'source', into: 'folder', parts: ['VM to VM', ...changed], when: when.fromVm },
  ...[when.fromTemplate, when.fromVm].map(
    (from): Call => ({
      method: 'CloneVM_Task',
      on: 'source',
      into: 'folder',
      parts: devices,
      when: from,
      rarely: otherDevices,
    }),
  ),
  { method: 'GetCustomizationSpec', on: 'vcenter', when: when.customizedClone, rarely: 'source.customization.spec' },
  { method: 'CheckCustomizationSpec', on: 'source', when: when.customizedClone },
  { method: 'CloneVM_Task', on: 'source', into: 'folder', parts: ['customization'], when: when.customizedClone },
  { method: 'CheckCustomizationSpec', on: 'folder', when: when.customizedPackage },
  { method: 'CustomizeVM_Task', on: 'folder', when: when.customizedPackage },
  { method: 'CreateImportSpec', on: 'pool', when: when.fromOvf },
  { method: 'ImportVApp', on: 'pool', into: 'folder', when: when.fromOvf },
  { method: 'HttpNfcLeaseProgress', on: 'folder', when: when.fromOvf, rarely: 'an import that takes its time' },
  { method: 'HttpNfcLeaseGetManifest', on: 'folder', when: when.fromOvf },
  { method: 'HttpNfcLeaseComplete', on: 'folder', when: when.fromOvf },
  { method: 'HttpNfcLeaseAbort', on: 'folder', when: when.fromOvf, rarely: 'an import that broke off' },
  { method: 'POST library item deploy', on: 'library', into: 'folder', when: when.fromLibrary },
  { method: 'ReconfigVM_Task', on: 'folder', parts: changed, when: when.fromOvf },
  { method: 'ReconfigVM_Task', on: 'folder', parts: changed, when: when.fromLibrary },
  ...[when.fromOvf, when.fromLibrary].map(
    (from): Call => ({ method: 'ReconfigVM_Task', on: 'folder', parts: devices, when: from, rarely: otherDevices }),
  ),
];
