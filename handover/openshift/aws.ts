import { IngotError } from '../../common/failure.ts';
import { Problems } from '../../common/problems.ts';
import type { Image } from '../../image/index.ts';
import { type Openshift, openshiftOf } from '../../image/schema/openshift.ts';
import { defaultHealthCheck } from '../../image/schema/openshift-machineset.ts';
import { GIB } from '../../image/units.ts';
import type { Manifest } from '../manifest.ts';
import { requireFacts } from '../missing-fact.ts';
import { machineAutoscaler, machineHealthCheck } from './beside.ts';
import { infrastructureName, type MachineSetFlags, openshiftVersion, readSets } from './facts.ts';
import { AT_PROVIDER, machineSetManifest } from './machine-set.ts';
import { infraSetName } from './names.ts';
import { noSuchZone } from './zones.ts';

type Aws = NonNullable<Openshift['aws']>;
type Zone = Aws['zones'][number];
type Reference = Zone['subnet'];

/** The facts of a cluster on AWS, which are all there. */
type Facts = Required<Pick<Aws, 'region' | 'ami' | 'instanceType' | 'instanceProfile' | 'securityGroups' | 'zones'>> & {
  readonly name: string;
  readonly version: string;
};

/**
 * MachineSets of infrastructure nodes on AWS, one for each availability zone, with what is asked for beside them. It is
 * all from the image file: AWS is not asked.
 *
 * @throws IngotError `handover.missing-fact` (all at once), `openshift.zone`, `openshift.volume`,
 *   `openshift.machine-set-name`
 */
export async function awsMachineSets({ handover }: Image, flags: MachineSetFlags): Promise<Manifest[]> {
  const openshift = openshiftOf(handover);
  const { infraMachineSet: set } = openshift;
  const problems = new Problems();
  const facts = await problems.gather(() => factsOf(openshift));
  const volumeSize = await problems.gather(() => volumeGiB(openshift.aws));
  const zones = await problems.gather(() => chosen(openshift.aws?.zones ?? [], flags.zone));
  const names = await problems.gather(() =>
    (zones ?? []).map(({ zone }) =>
      infraSetName({ name: flags.name ?? set.name, infrastructureName: openshift.infrastructureName ?? '' }, zone),
    ),
  );
  problems.throwIfAny();
  if (facts === undefined || volumeSize === undefined) return [];
  const replicas = flags.replicas ?? set.replicas;
  const autoscaler = flags.autoscaler ?? set.autoscaler;
  const healthCheck = set.healthCheck ?? (flags.healthCheck === true ? defaultHealthCheck('infra') : undefined);
  return (zones ?? []).flatMap((zone, index) => {
    const name = names?.[index] ?? '';
    const providerSpec = providerSpecOf(openshift, facts, zone, volumeSize);
    const manifest = machineSetManifest(
      {
        name,
        infrastructureName: facts.name,
        role: 'infra',
        replicas,
        nodeLabels: set.nodeLabels,
        taints: set.taints,
        providerSpec,
        roleOnSet: true,
        emptyFields: takesEmptyFields(facts.version),
      },
      { head: ['Infrastructure nodes on AWS, as the image file describes them: nothing was checked with AWS.'], notes },
    );
    return [
      manifest,
      ...(autoscaler === undefined ? [] : [machineAutoscaler(name, autoscaler)]),
      ...(healthCheck === undefined ? [] : [machineHealthCheck(name, healthCheck, replicas)]),
    ];
  });
}

const notes: NonNullable<Manifest['notes']> = [
  { at: [...AT_PROVIDER, 'ami', 'id'], text: 'handover.openshift.aws.ami' },
  { at: [...AT_PROVIDER, 'placement', 'availabilityZone'], text: 'handover.openshift.aws.zones' },
];

function factsOf({ infrastructureName: name, version, aws }: Openshift): Facts {
  const at = (key: string) => `handover.openshift.aws.${key}`;
  const some = <T>(list: readonly T[] | undefined) => (list === undefined || list.length === 0 ? undefined : [...list]);
  const owned = (what: string) =>
    `aws ec2 ${what} --filters Name=tag:kubernetes.io/cluster/${name ?? 'INFRASTRUCTURE_NAME'},Values=owned,shared`;
  return requireFacts<Facts>({
    name: infrastructureName(name),
    version: openshiftVersion(version),
    region: {
      value: aws?.region,
      field: at('region'),
      read: `oc get -o jsonpath='{.status.platformStatus.aws.region}{"\\n"}' infrastructure cluster`,
    },
    ami: { value: aws?.ami, field: at('ami'), read: readSets('ami.id') },
    instanceType: {
      value: aws?.instanceType,
      field: at('instanceType'),
      read: `${readSets('instanceType')}; aws ec2 describe-instance-type-offerings lists all`,
    },
    instanceProfile: {
      value: aws?.instanceProfile,
      field: at('instanceProfile'),
      read: readSets('iamInstanceProfile.id'),
    },
    securityGroups: {
      value: some(aws?.securityGroups),
      field: at('securityGroups'),
      read: `${readSets('securityGroups')}, or ${owned('describe-security-groups')}`,
    },
    zones: {
      value: some(aws?.zones),
      field: at('zones'),
      read: `${owned('describe-subnets')} (AvailabilityZone, SubnetId, tag Name)`,
    },
  });
}

function chosen(zones: readonly Zone[], wanted: string | undefined): readonly Zone[] {
  const found = zones.filter(({ zone }) => wanted === undefined || zone === wanted);
  // That there are none at all is a missing fact already.
  if (found.length > 0 || zones.length === 0) return found;
  throw noSuchZone(
    wanted ?? '',
    zones.map(({ zone }) => zone),
    'handover.openshift.aws.zones',
  );
}

function volumeGiB(aws: Aws | undefined): number {
  const gib = (aws?.volume.size ?? GIB) / GIB;
  if (Number.isInteger(gib)) return gib;
  throw new IngotError(
    'openshift.volume',
    `expected handover.openshift.aws.volume.size in whole GiB, found ${gib} GiB`,
    { remedy: 'AWS counts volumes in GiB: round it up' },
  );
}

/** Fields: openshift/api, machine/v1beta1, AWSMachineProviderConfig. */
function providerSpecOf(openshift: Openshift, facts: Facts, { zone, subnet }: Zone, volumeSize: number) {
  const { volume, tags = {} } = openshift.aws ?? {};
  return {
    ami: { id: facts.ami },
    apiVersion: 'awsproviderconfig.openshift.io/v1beta1',
    blockDevices: [
      {
        ebs: {
          ...(volume?.iops === undefined ? {} : { iops: volume.iops }),
          volumeSize,
          volumeType: volume?.type,
        },
      },
    ],
    credentialsSecret: { name: 'aws-cloud-credentials' },
    deviceIndex: 0,
    iamInstanceProfile: { id: facts.instanceProfile },
    instanceType: facts.instanceType,
    kind: 'AWSMachineProviderConfig',
    metadata: { creationTimestamp: null },
    placement: { availabilityZone: zone, region: facts.region },
    // No opinion: the subnet says whether machines get a public address.
    publicIp: null,
    securityGroups: facts.securityGroups.map(referenceOf),
    subnet: referenceOf(subnet),
    tags: [
      { name: `kubernetes.io/cluster/${facts.name}`, value: 'owned' },
      ...Object.entries(tags).map(([name, value]) => ({ name, value })),
    ],
    userDataSecret: { name: 'worker-user-data' },
  };
}

function referenceOf({ id, name, filters }: Reference) {
  if (id !== undefined) return { id };
  return { filters: filters ?? [{ name: 'tag:Name', values: [name] }] };
}

/** Until Kubernetes 1.25, which is OpenShift 4.12; from there on kubectl refuses fields that the schema does not know. */
function takesEmptyFields(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major < 4 || (major === 4 && minor < 12);
}
