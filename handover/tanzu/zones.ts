import type { Image } from '../../image/index.ts';
import type { Manifest } from '../manifest.ts';

/** Categories of the tags that tell regions and zones: what Tanzu's documentation and `ingot prepare` call them. */
export interface ZoneCategories {
  readonly region: string;
  readonly zone: string;
}

/**
 * VSphereFailureDomain and VSphereDeploymentZone (`infrastructure.cluster.x-k8s.io/v1beta1`, Cluster API Provider
 * vSphere) of each failure domain of the image file. What a failure domain leaves out is where the image is built.
 */
export function zoneManifests({ handover, placement, vcenter }: Image, categories: ZoneCategories): Manifest[] {
  return handover.failureDomains.flatMap((domain) => {
    const { name, region, zone, datacenter, compute, datastore, network, resourcePool, folder } = domain;
    const apiVersion = 'infrastructure.cluster.x-k8s.io/v1beta1';
    const store = datastore ?? placement.datastore;
    const pool = resourcePool ?? placement.resourcePool;
    return [
      {
        head: [`Failure domain ${name}: its tags are made and attached by ingot prepare.`],
        value: {
          apiVersion,
          kind: 'VSphereFailureDomain',
          metadata: { name },
          spec: {
            region: { name: region, type: 'Datacenter', tagCategory: categories.region, autoConfigure: false },
            zone: { name: zone, type: 'ComputeCluster', tagCategory: categories.zone, autoConfigure: false },
            topology: {
              datacenter: datacenter ?? placement.datacenter,
              computeCluster: compute ?? placement.compute,
              ...(store === undefined ? {} : { datastore: store }),
              networks: [network ?? placement.network],
            },
          },
        },
      },
      {
        value: {
          apiVersion,
          kind: 'VSphereDeploymentZone',
          metadata: { name, labels: { region, zone } },
          spec: {
            server: vcenter.server,
            failureDomain: name,
            placementConstraint: {
              ...(pool === undefined ? {} : { resourcePool: pool }),
              ...(folder === undefined ? {} : { folder }),
            },
          },
        },
      },
    ];
  });
}
