import { existsSync } from 'node:fs';
import { constants, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Datastores } from './datastores.ts';
import { splitPath } from './datastores.ts';

/** Names in the lab's inventory: what vcsim gives its first ones. */
const INVENTORY = {
  datacenter: 'DC0',
  compute: 'DC0_C0',
  datastore: 'LocalDS_0',
  network: 'VM Network',
  toolsIso: '[LocalDS_0] tools/windows.iso',
} as const;

export interface EnvironmentOptions {
  readonly host: string;
  readonly username: string;
  readonly password: string;
  readonly caFile: string;
  readonly privateKey: string;
  readonly privateKeyFile: string;
  readonly publicKeyFile: string;
  readonly sshPort: number;
  readonly media: string;
}

/** The variables that let govc, ingot or any vSphere tool work with the lab. */
export function labEnvironment(options: EnvironmentOptions): Record<string, string> {
  return {
    GOVC_URL: `https://${options.host}/sdk`,
    GOVC_USERNAME: options.username,
    GOVC_PASSWORD: options.password,
    GOVC_TLS_CA_CERTS: options.caFile,
    // vcsim has several networks; with this govc knows which one is meant.
    GOVC_NETWORK: INVENTORY.network,
    INGOT_VCENTER_PASSWORD: options.password,
    INGOT_SSH_PRIVATE_KEY: options.privateKey,
    INGOT_SSH_PRIVATE_KEY_FILE: options.privateKeyFile,
    INGOT_VAR_vcenter: options.host,
    INGOT_VAR_vcenter_user: options.username,
    INGOT_VAR_vcenter_ca: options.caFile,
    INGOT_VAR_datacenter: INVENTORY.datacenter,
    INGOT_VAR_compute: INVENTORY.compute,
    INGOT_VAR_datastore: INVENTORY.datastore,
    INGOT_VAR_folder: '',
    INGOT_VAR_network: INVENTORY.network,
    INGOT_VAR_media: options.media,
    INGOT_VAR_tools_iso: INVENTORY.toolsIso,
    INGOT_VAR_public_key: options.publicKeyFile,
    INGOT_VAR_ssh_port: String(options.sshPort),
  };
}

/** Where the sample media are: INGOT_LAB_MEDIA, or `media/` beside this file (in a built package beside its source). */
export function mediaFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.INGOT_LAB_MEDIA) return env.INGOT_LAB_MEDIA;
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, 'media'), join(here, '..', '..', 'lab', 'media')];
  return candidates.find((folder) => existsSync(folder)) ?? join(here, 'media');
}

/** Puts the Tools ISO on the datastore: vcsim has no `[] /vmimages` of ESXi's. */
export async function placeToolsIso(media: string, datastores: Datastores, log: (line: string) => void): Promise<void> {
  const source = join(media, 'vmware-tools.iso');
  const target = await datastores.resolve(INVENTORY.toolsIso);
  if (target === undefined) {
    log(`lab: no datastore ${splitPath(INVENTORY.toolsIso).datastore}; the Tools ISO is not placed`);
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE);
  } catch {
    log(`lab: ${source} is not there; ${INVENTORY.toolsIso} does not exist`);
  }
}
