import { z } from 'zod';
import { integer, label, optionalText, pattern, secret, text } from './fields.ts';

/** The name of an object that stands for a version: `+` is written `---` there. */
function versionName(expected: string) {
  return pattern(/^v\d+\.\d+\.\d+---[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, {
    expected,
    remedy: 'write --- in place of +: v1.27.5+vmware.2 is v1.27.5---vmware.2 in the name of an object',
  });
}

const identitySchema = z
  .strictObject({
    name: label().describe('Name of the VSphereClusterIdentity.'),
    namespace: label().describe(
      'Namespace of the controller manager of Cluster API Provider vSphere: `kubectl get deployment -A | grep capv`.',
    ),
    secretName: label().optional().describe('Name of its Secret. Left out: the name of the identity and `-secret`.'),
    username: text('an account such as nodes@vsphere.local').describe('Account in vCenter that makes the nodes.'),
    password: secret().describe('Its password; printed only with `--reveal`.'),
  })
  .describe('Another account than that of the management cluster.');

const workersSchema = z
  .strictObject({
    name: label().default('md-0-windows').describe('Name of the machine deployment.'),
    class: label().default('tkg-worker-windows').describe('Worker class of the ClusterClass.'),
    replicas: integer(0, 1000).default(1).describe('How many nodes.'),
  })
  .prefault({})
  .describe('Machine deployment of the Windows workers.');

export const tanzuSchema = z
  .strictObject({
    tkr: versionName('the name of a TanzuKubernetesRelease such as v1.27.5---vmware.2-tkg.1')
      .optional()
      .describe('Name of the TanzuKubernetesRelease: `kubectl get tkr`.'),
    kubernetesVersion: pattern(/^v\d+\.\d+\.\d+\+vmware\.\d+([-.][0-9A-Za-z.-]+)?$/, {
      expected: 'a Kubernetes version of Tanzu such as v1.27.5+vmware.2',
      remedy: 'read it with: kubectl get tkr',
    })
      .optional()
      .describe('Kubernetes version. Left out: that of `tkr`.'),
    osImage: versionName('the name of an OSImage such as v1.27.5---vmware.2-tkg.1-windows')
      .optional()
      .describe('Name of the OSImage. Left out: `tkr` and `-windows`.'),
    windowsPackage: pattern(/^tkg-windows\.tanzu\.vmware\.com\.\d\S*$/, {
      expected: 'a package with its version such as tkg-windows.tanzu.vmware.com.0.31.0+vmware.1',
    })
      .optional()
      .describe('Package that Windows nodes need: `kubectl get packages -A -o name | grep tkg-windows`.'),
    workers: workersSchema,
    storagePolicy: optionalText('the name of a VM storage policy').describe(
      'VM storage policy of the nodes, by its name in vCenter. Left out: that of `prepare.storagePolicy`, or none.',
    ),
    identity: identitySchema.optional(),
  })
  .describe('The Tanzu Kubernetes Grid that uses the template.');
