import { z } from 'zod';
import { pattern, version } from './fields.ts';
import { openshiftAwsSchema } from './openshift-aws.ts';
import { infraMachineSetSchema, windowsMachineSetSchema } from './openshift-machineset.ts';

const LABELS = '[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*';

/** One or more DNS labels in lower case. */
function dnsName(expected: string, maximum = 253) {
  return pattern(new RegExp(`^(?=.{1,${maximum}}$)${LABELS}$`), { expected, numeric: true });
}

export const openshiftSchema = z
  .strictObject({
    infrastructureName: dnsName('an infrastructure name such as mycluster-x7k2p', 63)
      .optional()
      .describe(
        'Infrastructure ID of the cluster: `oc get -o jsonpath=\'{.status.infrastructureName}{"\\n"}\' infrastructure cluster`.',
      ),
    clusterName: dnsName('the name of a cluster such as mycluster', 63)
      .optional()
      .describe(
        'Name of the cluster: what stands between `api.` and the base domain in `oc get -o jsonpath=\'{.status.apiServerURL}{"\\n"}\' infrastructure cluster`.',
      ),
    baseDomain: dnsName('a DNS domain such as example.com')
      .optional()
      .describe(
        'Base domain of the cluster: what stands behind its name in `oc get -o jsonpath=\'{.status.apiServerURL}{"\\n"}\' infrastructure cluster`.',
      ),
    version: version()
      .optional()
      .describe(
        'Version of OpenShift: `oc get -o jsonpath=\'{.status.desired.version}{"\\n"}\' clusterversion version`.',
      ),
    machineSet: windowsMachineSetSchema,
    infraMachineSet: infraMachineSetSchema,
    aws: openshiftAwsSchema.optional(),
  })
  .describe('The OpenShift cluster that uses the template.');

export type Openshift = z.output<typeof openshiftSchema>;

/** What the image file says of OpenShift; the defaults if it says nothing. */
export function openshiftOf({ openshift }: { readonly openshift?: Openshift | undefined }): Openshift {
  return openshift ?? openshiftSchema.parse({});
}
