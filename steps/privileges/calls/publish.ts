import type { Call } from '../call.ts';
import { when } from './conditions.ts';

const lease = (call: Pick<Call, 'when'>): readonly Call[] => [
  { method: 'HttpNfcLeaseProgress', on: 'template-folder', ...call, rarely: 'an export that takes its time' },
  { method: 'HttpNfcLeaseGetManifest', on: 'template-folder', ...call },
  { method: 'HttpNfcLeaseComplete', on: 'template-folder', ...call },
  { method: 'HttpNfcLeaseAbort', on: 'template-folder', ...call, rarely: 'an export that broke off' },
];

/**
 * Publishing works on the template. Where copies go in other places is checked as a build there is: the rights are those
 * of a template folder, a pool and a datastore, and are not in this list, which is of one place.
 */
export const publishing: readonly Call[] = [
  { method: 'CreateDescriptor', on: 'template-folder', when: when.publishOvf },
  { method: 'ExportVm', on: 'template-folder', when: when.publishOvf },
  ...lease({ when: when.publishOvf }),
  {
    method: 'CloneVM_Task',
    on: 'template-folder',
    parts: ['template to VM', 'extraConfig'],
    when: when.publishOvf,
    rarely: 'a template that cannot be exported itself is cloned for it',
  },
  { method: 'Destroy_Task', on: 'template-folder', when: when.publishOvf, rarely: 'the clone that was exported' },
  { method: 'POST library item (OVF)', on: 'template-folder', when: when.publishLibraryOvf },
  {
    ...{ method: 'POST library item (VM template)', on: 'template-folder', into: 'library-folder' },
    when: when.publishLibraryVm,
  },
  { method: 'PATCH library item (VM template)', on: 'library', into: 'library-folder', when: when.publishLibraryVm },
  {
    ...{ method: 'DELETE library item (VM template)', on: 'library', into: 'library-folder' },
    ...{ when: when.publishLibraryVm, rarely: 'items beyond those that are kept' },
  },
  { method: 'DELETE library item', on: 'library', rarely: 'items beyond those that are kept' },
  { method: 'SetField', on: 'template-folder', when: when.publishAttributes },
  { method: 'AddCustomFieldDef', on: 'vcenter', when: when.newAttribute },
  { method: 'POST tag association attach', on: 'template-folder', when: when.publishTags },
  { method: 'CloneVM_Task', on: 'template-folder', parts: ['template to VM', 'extraConfig'], when: when.publishCopies },
  {
    ...{ method: 'CloneVM_Task', on: 'template-folder', parts: ['edit VirtualVmxnet3'], when: when.publishCopies },
    rarely: 'a copy that names a network',
  },
  { method: 'MakeDirectory', on: 'datastore', when: when.publishLatest },
  { method: 'CreateDirectory', on: 'datastore', when: when.noTopDirectories },
  { method: 'SearchDatastore_Task', on: 'datastore', when: when.publishLatest },
  { method: 'PUT /folder', on: 'datastore', parts: ['datastore'], when: when.publishLatest },
  { method: 'GET /folder', on: 'datastore', parts: ['datastore'], when: when.publishLatest },
  { method: 'MoveDatastoreFile_Task', on: 'datastore', when: when.publishLatest },
];
