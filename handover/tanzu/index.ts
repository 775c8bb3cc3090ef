import { Problems } from '../../common/problems.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { type Manifest, manifestYaml } from '../manifest.ts';
import { requireFacts } from '../missing-fact.ts';
import { findTemplate, requireSealed } from '../template.ts';
import type { WindowsWorkers } from './cluster.ts';
import { type Identity, identityManifests } from './identity.ts';
import { osImage, unsupportedWindows } from './os-image.ts';
import { storagePolicyOf } from './storage-policy.ts';
import type { TkrAddition } from './tkr.ts';
import { clusterVariables } from './variables.ts';
import { type TanzuVersions, tanzuVersions } from './versions.ts';
import { type ZoneCategories, zoneManifests } from './zones.ts';

export interface TanzuOptions {
  readonly signal: AbortSignal;
  /** Take a template that ingot did not seal. */
  readonly foreign?: boolean | undefined;
  /** Take a Windows that the documentation of Tanzu does not name. */
  readonly anyWindows?: boolean | undefined;
  /** Print the password of the identity. */
  readonly reveal?: boolean | undefined;
}

/** As `ingot prepare` makes them for what follows the conventions of Kubernetes. */
function categoriesOf({ prepare }: Image): ZoneCategories {
  const ours = prepare.topologies.find(({ convention }) => convention === 'kubernetes');
  return { region: ours?.regionCategory ?? 'k8s-region', zone: ours?.zoneCategory ?? 'k8s-zone' };
}

/** How to learn the name of a release. */
const readTkr = 'kubectl get tkr';

/** The release that the image file names. @throws IngotError `handover.missing-fact`, `tanzu.versions` */
function releaseOf({ handover }: Image): TanzuVersions {
  const { tanzu } = handover;
  const { tkr } = requireFacts({ tkr: { value: tanzu?.tkr, field: 'handover.tanzu.tkr', read: readTkr } });
  return tanzuVersions({ tkr, kubernetesVersion: tanzu?.kubernetesVersion, osImage: tanzu?.osImage });
}

/** What a TanzuKubernetesRelease needs for the image. @throws IngotError as `releaseOf` does, all at once */
export async function tkrAddition(image: Image): Promise<TkrAddition> {
  const problems = new Problems();
  const release = await problems.gather(() => releaseOf(image));
  const wanted = {
    value: image.handover.tanzu?.windowsPackage,
    field: 'handover.tanzu.windowsPackage',
    read: 'kubectl get packages -A -o name | grep tkg-windows',
  };
  const facts = await problems.gather(() => requireFacts({ windowsPackage: wanted }));
  problems.throwIfAny();
  return { tkr: release?.tkr ?? '', osImage: release?.osImage ?? '', windowsPackage: facts?.windowsPackage ?? '' };
}

/** The machine deployment of the Windows workers; by default as `image/schema/tanzu.ts` says. */
export function windowsWorkers({ handover }: Image): WindowsWorkers {
  return handover.tanzu?.workers ?? { name: 'md-0-windows', class: 'tkg-worker-windows', replicas: 1 };
}

/** OSImage, failure domains and identity, as YAML for `kubectl apply -f -`. All problems are thrown at once. */
export async function tanzuManifests(vc: Vsphere, image: Image, options: TanzuOptions): Promise<string> {
  const { signal, foreign, anyWindows, reveal } = options;
  const problems = new Problems();
  const windows = anyWindows === true ? undefined : unsupportedWindows(image);
  if (windows !== undefined) problems.add(windows);
  const versions = await problems.gather(() => releaseOf(image));
  const template = await problems.gather(() => findTemplate(vc, image, { signal }));
  if (template !== undefined) await problems.gather(() => requireSealed(template, image, { foreign }));
  problems.throwIfAny();
  if (versions === undefined || template === undefined) return '';
  const manifests: Manifest[] = [osImage(image, versions, template), ...zoneManifests(image, categoriesOf(image))];
  const { identity } = image.handover.tanzu ?? {};
  if (identity !== undefined) {
    const password = reveal === true ? await identity.password.resolve() : undefined;
    const { name, namespace, username, secretName = `${name}-secret` } = identity;
    const account: Identity = { name, namespace, username, secretName };
    manifests.push(...identityManifests(account, password));
  }
  return manifestYaml(manifests);
}

/** The variables of a cluster configuration file, as YAML. All problems are thrown at once. */
export async function tanzuVariables(vc: Vsphere, image: Image, options: TanzuOptions): Promise<string> {
  const { signal, foreign } = options;
  const problems = new Problems();
  const template = await problems.gather(() => findTemplate(vc, image, { signal }));
  if (template !== undefined) await problems.gather(() => requireSealed(template, image, { foreign }));
  const policy = await problems.gather(() => storagePolicyOf(vc, image, signal));
  problems.throwIfAny();
  return template === undefined ? '' : manifestYaml([clusterVariables(image, template, policy, categoriesOf(image))]);
}
