/** How a template is named to those who clone it. */
export interface TemplateReferences {
  /** `providerSpec.value.template` of an OpenShift MachineSet: always the full inventory path. */
  readonly machineSet: string;
  /** `VSPHERE_TEMPLATE` of Tanzu Kubernetes Grid: the name, or the full path as soon as two objects share it. */
  readonly vsphereTemplate: string;
}

/**
 * The references to a template. OpenShift's machine API and TKG both look a bare name up in the whole inventory and
 * fail, or take another one, when it is not unique; so the short form is given only where it cannot mislead.
 *
 * @param inventoryPath absolute, such as `/DC/vm/folder/name`
 * @param sameName inventory paths of all VMs and templates of that name, this one included
 */
export function templateReferences(inventoryPath: string, sameName: readonly string[]): TemplateReferences {
  const others = sameName.filter((path) => path !== inventoryPath);
  const name = inventoryPath.slice(inventoryPath.lastIndexOf('/') + 1);
  return { machineSet: inventoryPath, vsphereTemplate: others.length === 0 ? name : inventoryPath };
}
