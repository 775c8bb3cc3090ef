import { IngotError } from '../../common/failure.ts';
import type { Image } from '../../image/index.ts';
import type { Manifest } from '../manifest.ts';
import type { FoundTemplate } from '../template.ts';
import type { TanzuVersions } from './versions.ts';

/** Windows versions that the documentation of Tanzu Kubernetes Grid 2.x names for Windows nodes. */
const supported: readonly string[] = ['2019', '2022'];

/** A version of Windows that Tanzu does not support, as a problem; undefined if it does. */
export function unsupportedWindows({ windows: { version } }: Image): IngotError | undefined {
  if (supported.includes(version)) return undefined;
  return new IngotError(
    'tanzu.windows-version',
    `expected windows.version to be one of ${supported.join(', ')}, which Tanzu Kubernetes Grid supports, found ${version}`,
    { remedy: 'build the image from one of these, or say --any-windows if your release supports it' },
  );
}

/** The OSImage (`run.tanzu.vmware.com/v1alpha3`) that tells Tanzu where the template is and what is in it. */
export function osImage(image: Image, versions: TanzuVersions, template: FoundTemplate): Manifest {
  const { windows } = template;
  return {
    head: [
      'OSImage of the template, for kubectl apply -f - at the management cluster.',
      `Then add it to the TanzuKubernetesRelease: ingot handover tkr ${image.file} --in tkr.yaml`,
    ],
    value: {
      apiVersion: 'run.tanzu.vmware.com/v1alpha3',
      kind: 'OSImage',
      metadata: { name: versions.osImage },
      spec: {
        image: { ref: { template: template.inventoryPath, version: versions.imageVersion }, type: 'ova' },
        kubernetesVersion: versions.kubernetesVersion,
        os: { arch: 'amd64', name: 'windows', type: 'windows', version: image.windows.version },
      },
    },
    notes: [
      {
        at: ['spec', 'image', 'ref', 'template'],
        text: `a template, powered off, in this vCenter${template.build === undefined ? '' : `; sealed by build ${template.build}`}`,
      },
      ...(windows === undefined ? [] : [{ at: ['spec', 'os', 'version'], text: `the template holds ${windows}` }]),
      { at: ['spec', 'kubernetesVersion'], text: `the version of ${versions.tkr}` },
    ],
  };
}
