import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { manifestYaml } from '../manifest.ts';
import type { MachineSetFlags } from './facts.ts';
import { type VsphereOptions, vsphereMachineSets } from './vsphere.ts';

/** MachineSets on vSphere as YAML for `oc apply -f -`: Windows workers, or infrastructure nodes from a Linux template. */
export async function machineSetsYaml(vc: Vsphere, image: Image, options: VsphereOptions): Promise<string> {
  return manifestYaml(await vsphereMachineSets(vc, image, options));
}

/** MachineSets of infrastructure nodes on AWS as YAML; no vCenter is asked, nor AWS. */
export async function awsMachineSetsYaml(image: Image, flags: MachineSetFlags): Promise<string> {
  const { awsMachineSets } = await import('./aws.ts');
  return manifestYaml(await awsMachineSets(image, flags));
}

/**
 * What of the image file does not fit the Windows Machine Config Operator of the cluster's OpenShift, as warnings; none if
 * its version is not known.
 */
export async function openshiftWarnings(image: Image): Promise<string[]> {
  const { version } = image.handover.openshift ?? {};
  if (version === undefined) return [];
  const { fitsOpenshift } = await import('../wmco-fit.ts');
  const { fits } = await fitsOpenshift(image, version);
  return fits
    .filter(({ state }) => state === 'wrong')
    .map(
      ({ path = [], expected, found, remedy }) =>
        `the image does not fit OpenShift ${version}: ${path.length === 0 ? '' : `${path.join('.')}: `}expected ${expected}, found ${found}${remedy === undefined ? '' : `; ${remedy}`}`,
    );
}
