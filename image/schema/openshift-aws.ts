import { z } from 'zod';
import { hints, integer, label, pattern, size, text } from './fields.ts';

/** How AWS objects are named: by id, by their tag Name, or by filters; exactly one of them (image/rules/openshift.ts). */
function reference(kind: string, id: RegExp, example: string) {
  return z.strictObject({
    id: pattern(id, { expected: `the id of a ${kind} such as ${example}` })
      .optional()
      .describe(`Id of the ${kind}.`),
    name: text(`the name of a ${kind}`).optional().describe(`Its tag \`Name\`.`),
    filters: z
      .array(
        z.strictObject({
          name: text('the name of a filter such as tag:Name').describe('Name of the filter.'),
          values: z
            .array(text('a value of the filter'))
            .min(1)
            .register(hints, { expected: 'a list of values' })
            .describe('Values; one of them has to fit.'),
        }),
      )
      .min(1)
      .register(hints, { expected: 'a list of filters' })
      .optional()
      .describe('Filters of EC2, in place of the other two.'),
  });
}

export const openshiftAwsSchema = z
  .strictObject({
    region: label()
      .optional()
      .describe('Region: `oc get -o jsonpath=\'{.status.platformStatus.aws.region}{"\\n"}\' infrastructure cluster`.'),
    ami: pattern(/^ami-[0-9a-f]{8,17}$/, { expected: 'the id of an AMI such as ami-01af87a6ecc18023d' })
      .optional()
      .describe('AMI, as the other MachineSets have it: `oc get machineset -n openshift-machine-api -o yaml`.'),
    instanceType: pattern(/^[a-z0-9-]+\.[a-z0-9-]+$/, { expected: 'an instance type such as m5.4xlarge' })
      .optional()
      .describe('Instance type: `aws ec2 describe-instance-type-offerings` lists those of a zone.'),
    instanceProfile: text('the name of an instance profile')
      .optional()
      .describe('IAM instance profile, as the other MachineSets have it.'),
    securityGroups: z
      .array(reference('security group', /^sg-[0-9a-f]{8,17}$/, 'sg-0123456789abcdef0'))
      .max(16)
      .register(hints, { expected: 'a list of at most 16 security groups' })
      .default([])
      .describe('Security groups of the machines: `aws ec2 describe-security-groups`.'),
    zones: z
      .array(
        z.strictObject({
          zone: label().describe('Availability zone.'),
          subnet: reference('subnet', /^subnet-[0-9a-f]{8,17}$/, 'subnet-0123456789abcdef0').describe(
            'Subnet of the machines in that zone: `aws ec2 describe-subnets`.',
          ),
        }),
      )
      .max(16)
      .register(hints, { expected: 'a list of at most 16 availability zones' })
      .default([])
      .describe('Availability zones; each gets a MachineSet.'),
    volume: z
      .strictObject({
        size: size().prefault('120GiB').describe('Size of the root volume in whole GiB.'),
        type: z.enum(['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard']).default('gp3').describe('Volume type.'),
        iops: integer(0, 256_000).optional().describe('I/O operations a second. Left out: what the type has.'),
      })
      .prefault({})
      .describe('Root volume of the machines.'),
    tags: z
      .record(text('the key of a tag', 128), text('the value of a tag', 256))
      .register(hints, { expected: 'values of tags by their key' })
      .default({})
      .describe('Tags of the instances, beside the one by which the cluster owns them.'),
  })
  .describe('Where infrastructure nodes are made if the cluster is on AWS. Nothing of it is checked with AWS.');
