import { isMap, isSeq } from 'yaml';
import { IngotError } from '../../common/failure.ts';
import { type ObjectInFile, objectOf, withItem } from './yaml-list.ts';

export interface WindowsWorkers {
  /** Name of the machine deployment: `md-0`. */
  readonly name: string;
  /** Worker class of the ClusterClass: `tkg-worker-windows`. */
  readonly class: string;
  readonly replicas: number;
}

/** How Tanzu finds the OSImage of a machine deployment. */
const ANNOTATION = 'run.tanzu.vmware.com/resolve-os-image';
const WINDOWS = 'image-type=ova,os-name=windows';

/**
 * A Cluster (`cluster.x-k8s.io/v1beta1`) with a machine deployment of Windows workers beside those that it has; every
 * entry and comment stays. One that is there already is checked, and not added again.
 *
 * @throws IngotError `tanzu.yaml`, `tanzu.kind`, `tanzu.workers` (another machine deployment has the name),
 *   `tanzu.list` (no list where one belongs)
 */
export function addWindowsWorkers(file: string, text: string, workers: WindowsWorkers): string {
  const given = objectOf(file, text, 'Cluster');
  const path = pathOf(given);
  const list = given.document.getIn(path);
  const count = isSeq(list) ? list.items.length : 0;
  for (let index = 0; index < count; index++) {
    const item = (...more: string[]) => given.document.getIn([...path, index, ...more]);
    if (item('name') !== workers.name) continue;
    const found = [item('class'), item('metadata', 'annotations', ANNOTATION)];
    if (found[0] === workers.class && found[1] === WINDOWS) return text;
    throw new IngotError(
      'tanzu.workers',
      `expected the machine deployment ${workers.name} at ${given.at([...path, String(index)])} to be of Windows (${workers.class}, ${WINDOWS}), found ${found.map((one) => one ?? 'nothing').join(', ')}`,
      { remedy: 'give the Windows workers another name (handover.tanzu.workers.name), or correct the Cluster' },
    );
  }
  const { name, class: workerClass, replicas } = workers;
  return withItem(given, path, {
    class: workerClass,
    metadata: { annotations: { [ANNOTATION]: WINDOWS } },
    name,
    replicas,
  });
}

/** Clusters with a ClusterClass have their workers in `spec.topology`; the documentation shows them without it, too. */
function pathOf({ document }: ObjectInFile): string[] {
  const topology = isMap(document.getIn(['spec', 'topology']));
  const bare = isMap(document.getIn(['spec', 'workers']));
  return [...(bare && !topology ? ['spec'] : ['spec', 'topology']), 'workers', 'machineDeployments'];
}
