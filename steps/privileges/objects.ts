/**
 * The objects of vCenter that privileges are needed on. A VM is not among them: what is done to it asks for privileges
 * that it has from its folder, which is there before it.
 */
export const objectKinds = {
  vcenter: 'vCenter Server',
  datacenter: 'datacenter',
  folder: 'VM folder of the master',
  'template-folder': 'VM folder of the template',
  source: 'template or VM that is cloned',
  compute: 'cluster or host',
  pool: 'resource pool',
  datastore: 'datastore',
  'datastore-cluster': 'datastore cluster',
  'media-datastore': 'datastore of the media',
  network: 'network',
  'smoke-network': 'network of the smoke test',
  switch: 'distributed switch',
  library: 'content library',
  'library-folder': "VM folder of a library's VM template",
  'prepared-folder': 'VM folder above the ones that are made',
  'prepared-pool': 'resource pool above the ones that are made',
  'prepared-compute': 'cluster of the nodes',
  'prepared-network': 'port group of the nodes',
  'prepared-host': 'hosts of the nodes',
  'prepared-object': 'each object that gets the role',
} as const;

export type ObjectKind = keyof typeof objectKinds;
