import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { ingotHere } from '../cli/here.ts';
import type { Ended } from '../cli/ingot.ts';
import { startVcsim } from '../vsphere/vcsim.ts';

const run = promisify(execFile);

/** What is written onto a template, by govc: as a build writes it (handover/sealed-facts.ts), but not by its code. */
export interface TemplateOptions {
  /** Inventory path of the folder; default `/DC0/vm`. */
  readonly folder?: string;
  /** Entries of extraConfig; default: sealed by a build of the image `windows`. */
  readonly extraConfig?: Readonly<Record<string, string>>;
  /** GiB. */
  readonly disk?: number;
  /** Leaves it a VM that is off. */
  readonly vm?: boolean;
}

/** A vCenter simulator and a folder with image files: enough for what only looks at a finished template. */
export interface HandoverSite {
  readonly server: string;
  readonly folder: string;
  govc(...args: string[]): Promise<string>;
  /** Makes a template; returns its inventory path. */
  template(name: string, options?: TemplateOptions): Promise<string>;
  /** Writes an image file of the name `windows` with more YAML behind it; returns its path. */
  image(more?: string, placement?: Readonly<Record<string, string>>): Promise<string>;
  /** Runs `ingot` against the simulator, in this process. */
  ingot(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

/** What a build of the image `windows` leaves on its template. */
export const sealed: Readonly<Record<string, string>> = {
  'ingot.image': 'windows',
  'ingot.role': 'template',
  'ingot.build': '20261121T000000Z-0000',
  'ingot.windows': '20348.2700 ServerStandardCore (Server Core)',
  'ingot.fingerprint': 'f'.repeat(64),
};

/** Starts a simulator for all tests of a file; it goes with the last of them. Arguments are vcsim's. */
export async function openHandoverSite(...args: string[]): Promise<HandoverSite> {
  const [vcsim, folder] = await Promise.all([startVcsim(...args), mkdtemp(join(tmpdir(), 'ingot-test-handover-'))]);
  after(async () => {
    vcsim.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'node-admin', '-f', join(folder, 'key')]);
  let count = 0;
  return {
    server: vcsim.server,
    folder,
    govc: vcsim.govc,
    async template(name, { folder: at = '/DC0/vm', extraConfig = sealed, disk = 60, vm = false } = {}) {
      const path = `${at}/${name}`;
      // The simulator names a VM's directory after it, in whatever folder it is, and refuses a second one.
      const first = `${name}-${++count}`;
      await vcsim.govc(
        ...['vm.create', '-dc', 'DC0', '-folder', at, '-ds', 'LocalDS_0', '-pool', '/DC0/host/DC0_C0/Resources'],
        ...['-net', 'VM Network', '-on=false', '-g', 'windows2019srvNext_64Guest', '-version', 'vmx-15'],
        ...['-disk', `${disk}GB`, '-disk.controller', 'pvscsi', first],
      );
      await vcsim.govc('object.rename', `${at}/${first}`, name);
      const entries = Object.entries(extraConfig).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
      if (entries.length > 0) await vcsim.govc('vm.change', '-vm', path, ...entries);
      if (!vm) await vcsim.govc('vm.markastemplate', path);
      return path;
    },
    async image(more = '', placement = {}) {
      const file = join(folder, `image-${++count}.yaml`);
      const place = {
        datacenter: 'DC0',
        compute: 'DC0_C0',
        datastore: 'LocalDS_0',
        network: 'VM Network',
        ...placement,
      };
      const lines = [
        'apiVersion: ingot/v1',
        'name: windows',
        `vcenter: { server: '${vcsim.server}', username: user, password: env:PASSWORD, insecure: true }`,
        `placement: ${JSON.stringify(place)}`,
        'media: { iso: "[LocalDS_0] iso/windows.iso" }',
        'windows: { version: 2022, edition: Standard }',
        "openssh: { authorizedKeys: ['file:./key.pub'], privateKey: 'file:./key' }",
        more,
      ];
      await writeFile(file, `${lines.join('\n')}\n`);
      return file;
    },
    ingot: (words, env = {}) => ingotHere(words, { PASSWORD: 'pass', ...env }),
  };
}
