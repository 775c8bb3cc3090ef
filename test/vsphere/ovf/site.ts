import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { openFileSource } from '../../../iso/source.ts';
import { type RunningLab, startLab } from '../../../lab/client.ts';
import type { NfcScenario } from '../../../lab/scenario.ts';
import { connect, type Vsphere } from '../../../vsphere/connect.ts';
import { findVm } from '../../../vsphere/folder.ts';
import { type Datacenter, openDatacenter } from '../../../vsphere/inventory.ts';
import { type Exported, type ExportOptions, exportOvf } from '../../../vsphere/ovf/export.ts';
import { type Imported, type ImportOptions, importOvf } from '../../../vsphere/ovf/import.ts';
import { type OvfPackage, openOva, openOvf } from '../../../vsphere/ovf/package.ts';
import type { VmRef } from '../../../vsphere/vm.ts';
import { govc } from '../../lab/support/tools.ts';

const run = promisify(execFile);

export interface VmParts {
  readonly template?: boolean;
  readonly extraConfig?: Readonly<Record<string, string>>;
}

export interface OvfSite {
  readonly lab: RunningLab;
  readonly vc: Vsphere;
  readonly datacenter: Datacenter;
  readonly folder: string;
  govc(...args: string[]): Promise<string>;
  /** What goes wrong with leases from now on. */
  nfc(scenario: NfcScenario): Promise<void>;
  /** Makes a VM with EFI and a disk by govc. */
  vm(name: string, parts?: VmParts): Promise<VmRef>;
  find(name: string): Promise<VmRef | undefined>;
  export(vm: VmRef, options: Partial<ExportOptions> & Pick<ExportOptions, 'name'>): Promise<Exported>;
  import(from: OvfPackage, options: Partial<ImportOptions> & Pick<ImportOptions, 'name'>): Promise<Imported>;
  /** Names in the folder of exports, hidden ones too. */
  files(): Promise<string[]>;
}

/** A lab, a connection to it and a folder for packages; all of it goes with the last test of a file. */
export async function openOvfSite(): Promise<OvfSite> {
  const folder = await mkdtemp(join(tmpdir(), 'ingot-test-ovf-'));
  const directory = join(folder, 'packages');
  const lab = await startLab();
  const vc = await connectTo(lab);
  after(async () => {
    await vc.close();
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const datacenter = await openDatacenter(vc, 'DC0');
  const call = (...args: string[]) => govc(lab.env, ...args);
  const find = (name: string) => findVm(vc, datacenter, name);
  return {
    lab,
    vc,
    datacenter,
    folder: directory,
    govc: call,
    nfc: (nfc) => lab.faults.scenario({ nfc }),
    async vm(name, { template = false, extraConfig = {} } = {}) {
      await call(
        ...['vm.create', '-on=false', '-g', 'windows9Server64Guest', '-version', 'vmx-15', '-firmware', 'efi'],
        ...['-c', '2', '-m', '2048', '-disk', '2GB', '-disk.controller', 'pvscsi', '-net', 'VM Network'],
        ...['-net.adapter', 'vmxnet3', '-ds', 'LocalDS_0', '-pool', '/DC0/host/DC0_C0/Resources', name],
      );
      const entries = Object.entries(extraConfig).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
      if (entries.length > 0) await call('vm.change', '-vm', name, ...entries);
      if (template) await call('vm.markastemplate', name);
      const found = await find(name);
      if (found === undefined) throw new Error(`${name} was not made`);
      return found;
    },
    find,
    export: (vm, options) =>
      exportOvf(vc, vm, { signal: AbortSignal.timeout(20_000), directory, format: 'ova', ...options }),
    import: (from, options) => importInto(vc, datacenter, from, options),
    files: () => readdir(directory),
  };
}

/** Imports a package into vcsim's first cluster. */
export function importInto(
  vc: Vsphere,
  datacenter: Datacenter,
  from: OvfPackage,
  options: Partial<ImportOptions> & Pick<ImportOptions, 'name'>,
): Promise<Imported> {
  return importOvf(vc, from, {
    signal: AbortSignal.timeout(20_000),
    datastore: datacenter.datastore('LocalDS_0').ref,
    pool: datacenter.compute('DC0_C0').resourcePool,
    folder: datacenter.vmFolder,
    networks: () => datacenter.network('VM Network').ref,
    ...options,
  });
}

/** A connection of its own to a lab. */
export function connectTo({ env }: RunningLab): Promise<Vsphere> {
  const { GOVC_URL: server = '', GOVC_USERNAME: username = '', GOVC_PASSWORD: password = '' } = env;
  return connect({ server, username, password, tls: { caFile: env.GOVC_TLS_CA_CERTS } });
}

/** Opens a package by its path, for the time of some work. */
export async function withPackage<T>(path: string, work: (from: OvfPackage) => Promise<T>): Promise<T> {
  const opened: AsyncDisposable[] = [];
  const open = async (file: string) => {
    const source = await openFileSource(file);
    opened.push(source);
    return source;
  };
  try {
    const source = await open(path);
    const beside = (href: string) => open(join(path, '..', href)).catch(() => undefined);
    return await work(path.endsWith('.ova') ? await openOva(source) : await openOvf(source, beside));
  } finally {
    for (const one of opened) await one[Symbol.asyncDispose]();
  }
}

/** Checks a manifest with sha256sum, which reads the lines of coreutils. */
export async function sha256sum(directory: string, manifest: string): Promise<void> {
  const script = `sed -E 's/^SHA256\\((.*)\\)= (.*)$/\\2  \\1/' "$1" | sha256sum --check --strict`;
  await run('sh', ['-c', script, 'sh', manifest], { cwd: directory });
}
