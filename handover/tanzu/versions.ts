import { IngotError } from '../../common/failure.ts';

/**
 * The names of a Kubernetes version that Tanzu writes in two ways: with `+` where it is a version, and with `---` where
 * it is the name of an object, which may hold no `+`. Source: the OSImage and TanzuKubernetesRelease of the
 * documentation of Tanzu Kubernetes Grid 2.x, "Windows custom machine images".
 */
export interface TanzuVersions {
  /** `v1.27.5+vmware.2`. */
  readonly kubernetesVersion: string;
  /** `v1.27.5---vmware.2-tkg.1`: name of the TanzuKubernetesRelease. */
  readonly tkr: string;
  /** `v1.27.5---vmware.2-tkg.1-windows`: name of the OSImage. */
  readonly osImage: string;
  /** `v1.27.5+vmware.2-tkg.1-windows`: the version of the image in the OSImage. */
  readonly imageVersion: string;
}

/** A version as the name of an object. */
const objectName = (version: string): string => version.replaceAll('+', '---');
/** The version that the name of an object stands for. */
export const versionOf = (name: string): string => name.replaceAll('---', '+');

/**
 * All names of a release, from the names of the TanzuKubernetesRelease and, if they are given, of the others.
 *
 * @throws IngotError `tanzu.versions` when they contradict each other
 */
export function tanzuVersions(given: {
  readonly tkr: string;
  readonly kubernetesVersion?: string | undefined;
  readonly osImage?: string | undefined;
}): TanzuVersions {
  const { tkr } = given;
  const release = versionOf(tkr);
  const ofTkr = release.replace(/-tkg\..*$/, '');
  const { kubernetesVersion = ofTkr, osImage = `${tkr}-windows` } = given;
  if (kubernetesVersion !== ofTkr) {
    throw new IngotError(
      'tanzu.versions',
      `expected handover.tanzu.kubernetesVersion and handover.tanzu.tkr to be of one version, found ${kubernetesVersion} and ${tkr}`,
      {
        remedy: `write kubernetesVersion: ${ofTkr}, or leave it out; kubectl get tkr lists the releases with their versions`,
      },
    );
  }
  if (!osImage.startsWith(`${objectName(kubernetesVersion)}-`)) {
    throw new IngotError(
      'tanzu.versions',
      `expected handover.tanzu.osImage to begin with ${objectName(kubernetesVersion)}-, found ${osImage}`,
      { remedy: `leave osImage out (it is ${tkr}-windows then), or name it after its Kubernetes version` },
    );
  }
  return { kubernetesVersion, tkr, osImage, imageVersion: versionOf(osImage) };
}
