import { z } from 'zod';
import { hints, label, optionalText, text } from './fields.ts';

/**
 * Where nodes run: the failure domains of the cluster, each a region and a zone with what vCenter has there. Fields that
 * are left out are those of `placement`. Terms: OpenShift's `platform.vsphere.failureDomains`, CAPV's
 * VSphereFailureDomain.
 */
export const failureDomainsSchema = z
  .array(
    z.strictObject({
      name: label().describe('Name of the failure domain; OpenShift and Tanzu call it so.'),
      region: text('the name of the tag of a region').describe('Region: the tag of the datacenter.'),
      zone: text('the name of the tag of a zone').describe('Zone: the tag of the cluster.'),
      datacenter: optionalText('the name or inventory path of a datacenter').describe(
        'Datacenter. Left out: `placement.datacenter`.',
      ),
      compute: optionalText('the path of a cluster').describe('Cluster. Left out: `placement.compute`.'),
      resourcePool: optionalText('the path of a resource pool').describe(
        "Resource pool below the cluster's root pool. Left out: `placement.resourcePool`.",
      ),
      datastore: optionalText('the name of a datastore').describe('Datastore. Left out: `placement.datastore`.'),
      network: optionalText('the name of a network or port group').describe(
        'Port group of the nodes. Left out: `placement.network`.',
      ),
      folder: optionalText('the path of a VM folder').describe('VM folder of the nodes. Left out: the root of VMs.'),
    }),
  )
  .max(64)
  .register(hints, { expected: 'a list of at most 64 failure domains' })
  .default([])
  .describe('Failure domains of the cluster: regions and zones.');
