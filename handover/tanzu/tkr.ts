import { isSeq } from 'yaml';
import { IngotError } from '../../common/failure.ts';
import { type ObjectInFile, objectOf, withItem } from './yaml-list.ts';

export interface TkrAddition {
  /** Name of the TanzuKubernetesRelease that is meant. */
  readonly tkr: string;
  readonly osImage: string;
  /** Name of the package with its version: `tkg-windows.tanzu.vmware.com.0.31.0+vmware.1`. */
  readonly windowsPackage: string;
}

const WINDOWS_PACKAGE = 'tkg-windows.tanzu.vmware.com.';

/**
 * A TanzuKubernetesRelease with the OSImage and the package for Windows in its lists; every entry and comment that is
 * there stays, and what is there already is not added again.
 *
 * @throws IngotError `tanzu.yaml`, `tanzu.kind`, `tanzu.tkr-name` (another release), `tanzu.windows-package` (the list
 *   has another version of the package), `tanzu.list` (no list where one belongs)
 */
export function addToTkr(file: string, text: string, { tkr, osImage, windowsPackage }: TkrAddition): string {
  const given = objectOf(file, text, 'TanzuKubernetesRelease');
  const name = given.document.getIn(['metadata', 'name']);
  if (name !== tkr) {
    throw new IngotError(
      'tanzu.tkr-name',
      `expected the release ${tkr} at ${given.at(['metadata', 'name'])}, found ${String(name ?? 'no name')}`,
      { remedy: `write it with kubectl get tkr ${tkr} -o yaml, or correct handover.tanzu.tkr` },
    );
  }
  const packages = ['spec', 'bootstrapPackages'];
  const names = namesIn(given, packages);
  const index = names.findIndex((one) => one.startsWith(WINDOWS_PACKAGE) && one !== windowsPackage);
  const other = names[index];
  if (other !== undefined) {
    throw new IngotError(
      'tanzu.windows-package',
      `expected ${windowsPackage} to be the only version of that package at ${given.at([...packages, String(index)])}, found ${other}`,
      { remedy: `write handover.tanzu.windowsPackage: ${other} if it is the right one, or take it out of the release` },
    );
  }
  const first = withName(given, packages, windowsPackage);
  return withName(objectOf(file, first, 'TanzuKubernetesRelease'), ['spec', 'osImages'], osImage);
}

function withName(given: ObjectInFile, path: readonly string[], name: string): string {
  return namesIn(given, path).includes(name) ? given.text : withItem(given, path, { name });
}

function namesIn({ document }: ObjectInFile, path: readonly string[]): string[] {
  const list = document.getIn(path);
  if (!isSeq(list)) return [];
  return list.items.map((_, index) => String(document.getIn([...path, index, 'name'])));
}
