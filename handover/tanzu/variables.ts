import type { Image } from '../../image/index.ts';
import type { Manifest } from '../manifest.ts';
import type { FoundTemplate } from '../template.ts';
import { templateReferences } from '../template-reference.ts';
import type { ZoneCategories } from './zones.ts';

/** The storage policy of the nodes. */
export interface StoragePolicy {
  readonly id: string;
  readonly name?: string | undefined;
}

/**
 * The lines of a cluster configuration file of Tanzu Kubernetes Grid that are about the Windows workers. With a storage
 * policy VSPHERE_DATASTORE has to be unset: it is there as an empty value, which overrides one of a management cluster.
 */
export function clusterVariables(
  { handover, vcenter }: Image,
  template: FoundTemplate,
  policy: StoragePolicy | undefined,
  categories: ZoneCategories,
): Manifest {
  const { vsphereTemplate } = templateReferences(template.inventoryPath, template.sameName);
  const others = template.sameName.filter((path) => path !== template.inventoryPath);
  const domains = handover.failureDomains;
  const azs = domains.map(({ name }, index) => [`VSPHERE_AZ_${index}`, name] as const);
  return {
    head: ['For the configuration file of the cluster: tanzu cluster create --file'],
    value: {
      IS_WINDOWS_WORKLOAD_CLUSTER: 'true',
      VSPHERE_SERVER: vcenter.server,
      VSPHERE_TEMPLATE: vsphereTemplate,
      ...(domains.length === 0 ? {} : { VSPHERE_REGION: categories.region, VSPHERE_ZONE: categories.zone }),
      ...Object.fromEntries(azs),
      ...(policy === undefined ? {} : { VSPHERE_STORAGE_POLICY_ID: policy.id, VSPHERE_DATASTORE: '' }),
    },
    notes: [
      {
        at: ['VSPHERE_TEMPLATE'],
        text:
          others.length === 0
            ? 'the only VM or template of that name in this vCenter'
            : `the full inventory path, since ${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} that name, too`,
      },
      ...(domains.length === 0
        ? []
        : [
            { at: ['VSPHERE_REGION'], text: 'the category of the tags of regions' },
            { at: ['VSPHERE_ZONE'], text: 'the category of the tags of zones' },
          ]),
      ...domains.map(({ region, zone }, index) => ({
        at: [`VSPHERE_AZ_${index}`],
        text: `VSphereDeploymentZone: region ${region}, zone ${zone}`,
      })),
      ...(policy === undefined
        ? []
        : [
            {
              at: ['VSPHERE_STORAGE_POLICY_ID'],
              text: policy.name === undefined ? 'as the image file says' : `the storage policy ${policy.name}`,
            },
            { at: ['VSPHERE_DATASTORE'], text: 'unset: the storage policy says where' },
          ]),
    ],
  };
}
