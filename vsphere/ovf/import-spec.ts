import { IngotError } from '../../common/failure.ts';
import type { Vsphere } from '../connect.ts';
import type { OvfFileItem, VirtualMachineImportSpec } from '../vim25.gen.ts';
import { faultText } from './create-descriptor.ts';
import type { ImportOptions } from './import.ts';
import { type OvfPackage, packageError } from './package.ts';

export interface FoundImportSpec {
  readonly spec: VirtualMachineImportSpec;
  /** The files that vCenter wants. */
  readonly fileItems: readonly OvfFileItem[];
  readonly warnings: readonly string[];
}

/**
 * OvfManager.CreateImportSpec: what vCenter would make of a package, with each network mapped. Throws `ovf.network` for one
 * that nobody mapped, `ovf.import-spec` with what vCenter says against the package.
 */
export async function importSpec(
  vc: Vsphere,
  source: OvfPackage,
  options: Pick<
    ImportOptions,
    | 'name'
    | 'networks'
    | 'host'
    | 'pool'
    | 'datastore'
    | 'diskProvisioning'
    | 'extraConfig'
    | 'keepExtraConfig'
    | 'signal'
  >,
): Promise<FoundImportSpec> {
  const { facts } = source;
  const { name, host, pool, datastore, signal, diskProvisioning = 'thin' } = options;
  const { ovfManager } = vc.content;
  if (ovfManager === undefined) throw specError(source.name, 'no OvfManager in the service content', []);
  if (facts.systems !== 1) throw packageError(source.name, 'one virtual machine', 'several, or a vApp');
  const networkMapping = facts.networks.map((network) => {
    const found = options.networks(network);
    if (found !== undefined) return { name: network, network: found };
    throw new IngotError('ovf.network', `${source.name}: expected a network for its network “${network}”, found none`, {
      evidence: facts.networks.map((item) => `the package names the network ${item}`),
      remedy: 'Say which network of vCenter stands for it.',
    });
  });
  const params = {
    ovfDescriptor: Buffer.from(source.descriptor)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimEnd(),
    resourcePool: pool,
    datastore,
    cisp: { locale: '', deploymentOption: '', entityName: name, hostSystem: host, networkMapping, diskProvisioning },
  };
  const result = await vc.call('CreateImportSpec', ovfManager, params, { signal });
  const { importSpec: spec, fileItem = [], error = [], warning = [] } = result;
  if (error.length > 0 || spec === undefined)
    throw specError(
      source.name,
      faultText(error),
      error.map(({ type, message }) => `${type}: ${message}`),
    );
  if (!('configSpec' in spec)) throw packageError(source.name, 'a virtual machine', 'a vApp');
  return {
    spec: withExtraConfig(spec, source, options),
    fileItems: fileItem,
    warnings: warning.map(({ message }) => message),
  };
}

function withExtraConfig(
  spec: VirtualMachineImportSpec,
  { facts }: OvfPackage,
  {
    name,
    extraConfig = {},
    keepExtraConfig = () => false,
  }: Pick<ImportOptions, 'name' | 'extraConfig' | 'keepExtraConfig'>,
): VirtualMachineImportSpec {
  const { configSpec } = spec;
  const kept = [...facts.extraConfig].filter(([key]) => keepExtraConfig(key));
  const wanted = new Map([...kept, ...Object.entries(extraConfig)]);
  const others = (configSpec.extraConfig ?? []).filter(({ key }) => !wanted.has(key));
  const own = [...wanted].flatMap(([key, value]) => (value === '' ? [] : [{ key, value }]));
  return { ...spec, configSpec: { ...configSpec, name, extraConfig: [...others, ...own] } };
}

function specError(name: string, found: string, evidence: readonly string[]): IngotError {
  return new IngotError('ovf.import-spec', `${name}: expected that vCenter can import it, found ${found}`, {
    evidence,
    remedy:
      'What vCenter names is missing there or not supported by its hosts: choose another place, or change the VM and export it again.',
  });
}
