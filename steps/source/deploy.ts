import type { Json } from '../../common/json.ts';
import type { Image } from '../../image/index.ts';
import { keys } from '../../image/names.ts';
import type { StepTools } from '../../pipeline/step.ts';
import { openDatacenter } from '../../vsphere/inventory.ts';
import { deployItem } from '../../vsphere/library-templates.ts';
import type { Ref } from '../../vsphere/values.ts';
import type { BuildEnv } from '../define.ts';
import type { Vcenter } from '../vcenter/index.ts';
import { unfinishedMark } from '../vcenter/look.ts';
import type { FoundSource } from './found.ts';

type Context = BuildEnv & StepTools<Image, Json>;

/**
 * Makes a VM under the master's name of what is not in the inventory. It carries a mark of ours from its first moment on,
 * and no record yet: broken off, the next build deletes it.
 */
export async function deploy(
  context: Context,
  center: Vcenter,
  found: Exclude<FoundSource, { kind: 'vm' }>,
): Promise<Ref<'VirtualMachine'>> {
  const { config, build, names, signal, progress, warn } = context;
  const { folder, pool, host, datastore } = await center.placement(signal);
  const place = { name: names.master, folder, pool, host, datastore: datastore.ref };
  if (found.kind === 'library') {
    progress(`Deploying ${found.item.name}`);
    const description = unfinishedMark(config.name);
    const options = { signal, answerMs: config.timeouts.clone };
    return deployItem(await center.vc.rest(), found.item, { ...place, description }, options);
  }
  const [{ importOvf }, inventory] = await Promise.all([
    import('../../vsphere/ovf/import.ts'),
    openDatacenter(center.vc, config.placement.datacenter, { signal }),
  ]);
  const network = inventory.network(config.placement.network).ref;
  await using opened = await found.open(signal);
  const { vm } = await importOvf(center.vc, opened.content, {
    ...place,
    signal,
    // Those that it names are another site's; each NIC gets its own network with the reconfiguration that follows.
    networks: () => network,
    extraConfig: {
      ...Object.fromEntries([...opened.content.facts.extraConfig.keys()].filter(isOurs).map((key) => [key, ''])),
      [keys.image]: config.name,
      [keys.build]: build,
      [keys.role]: 'master',
    },
    deadlineMs: config.timeouts.clone,
    onWarning: warn,
    onProgress: ({ file, bytes, total }) =>
      progress({ message: `Importing ${file}`, done: bytes, total, unit: 'bytes' }),
  });
  return vm;
}

const isOurs = (key: string): boolean => /^(guestinfo\.)?ingot\./.test(key);
