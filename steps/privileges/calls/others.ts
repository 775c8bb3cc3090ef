import type { Call } from '../call.ts';
import { lease, session } from './common.ts';
import { when } from './conditions.ts';

/** What commands besides `build` ask for, by what they do. */
export const otherCalls: Readonly<Record<string, Readonly<Record<string, readonly Call[]>>>> = {
  lease: { lease },
  prune: {
    session,
    'answer discs and media': [
      { method: 'SearchDatastore_Task', on: 'datastore' },
      { method: 'GET /folder', on: 'datastore', parts: ['datastore'], rarely: 'reads leases and digests' },
      { method: 'DeleteDatastoreFile_Task', on: 'datastore' },
    ],
    VMs: [
      { method: 'PowerOffVM_Task', on: 'template-folder', rarely: 'the clone of a smoke test still runs' },
      { method: 'Destroy_Task', on: 'template-folder' },
    ],
  },
  prepare: {
    session,
    folders: [{ method: 'CreateFolder', on: 'prepared-folder' }],
    pools: [{ method: 'CreateResourcePool', on: 'prepared-pool' }],
    'port-groups': [
      { method: 'RetrievePropertiesEx', on: 'prepared-host', parts: ['properties'] },
      { method: 'UpdatePortGroup', on: 'prepared-host', rarely: 'standard port groups' },
      {
        method: 'ReconfigureDVPortgroup_Task',
        on: 'prepared-network',
        parts: ['policy'],
        rarely: 'distributed port groups',
      },
    ],
    tags: [
      { method: 'POST tag', on: 'vcenter', rarely: 'categories and tags that are not there' },
      { method: 'PATCH tag category', on: 'vcenter', rarely: 'a category that is not for the objects it is to be on' },
      { method: 'POST tag association attach', on: 'datacenter' },
      { method: 'POST tag association attach', on: 'prepared-compute' },
    ],
    'storage-policy': [{ method: 'PbmCreate', on: 'vcenter', when: when.storagePolicy }],
    role: [
      { method: 'AddAuthorizationRole', on: 'vcenter' },
      { method: 'UpdateAuthorizationRole', on: 'vcenter', rarely: 'the role has other privileges' },
      { method: 'RetrieveRolePermissions', on: 'vcenter', rarely: 'who else has a role that is to be changed' },
      { method: 'RetrieveEntityPermissions', on: 'prepared-object' },
      { method: 'SetEntityPermissions', on: 'prepared-object' },
    ],
  },
  handover: {
    session,
    template: [{ method: 'RetrievePropertiesEx', on: 'template-folder', parts: ['properties'] }],
  },
};
