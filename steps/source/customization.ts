import { IngotError } from '../../common/failure.ts';
import type { Customization, Image, Secret } from '../../image/index.ts';
import { timeZoneIndex } from '../../image/vsphere-time-zones.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { CUSTOMIZATION_SINCE, checkCustomization, namedCustomization } from '../../vsphere/customization.ts';
import { isFault } from '../../vsphere/fault.ts';
import type { CustomizationAdapterMapping, CustomizationPassword, CustomizationSpec } from '../../vsphere/vim25.gen.ts';
import type { VmRef } from '../../vsphere/vm.ts';
import { isNewer } from '../../vsphere/wire.ts';
import { keyedDigest } from '../support/keyed-digest.ts';

type Fields = Extract<Customization, { kind: 'fields' }>;
type Nic = Fields['nics'][number];

/**
 * What decides how the clone comes out. Of a specification in vCenter the time when it was changed last.
 * @throws IngotError `source.customization`
 */
export async function customizationInputs(image: Image, vc: () => Promise<Vsphere>, signal?: AbortSignal) {
  const { customization } = image.source ?? {};
  if (customization === undefined) return null;
  if (customization.kind === 'spec') {
    const { info } = await specNamed(await vc(), customization.spec, signal);
    return { spec: info.name, changeVersion: info.changeVersion ?? info.lastUpdateTime ?? '' };
  }
  const digest = async (secret: Secret | undefined) => (secret === undefined ? null : keyedDigest(image.name)(secret));
  const { timeout: _, password, productKey, domain, workgroup, nics, ...fields } = customization;
  return {
    ...fields,
    dnsSuffixes: [...fields.dnsSuffixes],
    runOnce: [...fields.runOnce],
    nics: JSON.stringify(nics),
    workgroup: workgroup ?? null,
    domain: domain === undefined ? null : { ...domain, password: await digest(domain.password) },
    password: await digest(password),
    productKey: await digest(productKey),
  };
}

/**
 * The specification for vCenter; undefined where the image file asks for none. It holds passwords: it goes nowhere but into
 * the calls that check it and that customize.
 *
 * @throws IngotError `source.customization`
 */
export async function customizationSpec(
  image: Image,
  vc: Vsphere,
  signal: AbortSignal,
): Promise<CustomizationSpec | undefined> {
  const { customization } = image.source ?? {};
  if (customization === undefined) return undefined;
  if (isNewer(CUSTOMIZATION_SINCE, vc.apiVersion))
    throw problem(`a vCenter with the API ${CUSTOMIZATION_SINCE} or newer, which tells the end`, vc.apiVersion, {
      remedy: 'leave source.customization out: the build itself runs Sysprep before it makes the template',
    });
  if (customization.kind === 'spec') return (await specNamed(vc, customization.spec, signal)).spec;
  return fromFields(customization, image.hardware.nics.length);
}

/**
 * Asks vCenter whether it takes the specification for a VM, which stays as it is.
 * @throws IngotError `source.customization`
 */
export async function checkSpecification(
  vc: Vsphere,
  vm: VmRef,
  spec: CustomizationSpec,
  signal: AbortSignal,
): Promise<void> {
  try {
    await checkCustomization(vc, vm, spec, { signal });
  } catch (error) {
    // The clone has the NICs of the image file, whatever the source has: vCenter looks again when it clones.
    if (isFault(error, 'NicSettingMismatch')) return;
    if (!isFault(error, 'CustomizationFault')) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw problem('vCenter to take the customization specification', found, {
      remedy: 'look at the guest OS id and VMware Tools of the source, and correct source.customization',
    });
  }
}

async function specNamed(vc: Vsphere, name: string, signal: AbortSignal | undefined) {
  const item = await namedCustomization(vc, name, { signal });
  if (item === undefined)
    throw problem(`the customization specification “${name}” in vCenter`, 'none of that name', {
      remedy: 'correct source.customization.spec: the names are under Policies and Profiles in the vSphere client',
    });
  const { identity, options } = item.spec;
  if (identity.$type !== 'CustomizationSysprep' && identity.$type !== 'CustomizationSysprepText')
    throw problem(`“${name}” to be a specification for Windows`, 'one for another system', {
      remedy: 'name another in source.customization.spec',
    });
  const { reboot = 'reboot' } = options?.$type === 'CustomizationWinOptions' ? options : {};
  if (reboot !== 'reboot')
    throw problem(`“${name}” to restart Windows at its end`, `${reboot}, after which nothing would come`, {
      remedy: 'set options.reboot of that specification to reboot, or name another in source.customization.spec',
    });
  return item;
}

async function fromFields(fields: Fields, nicCount: number): Promise<CustomizationSpec> {
  const timeZone = timeZoneIndex(fields.timeZone);
  if (timeZone === undefined)
    throw problem('a time zone that has an index in the vSphere API', fields.timeZone, {
      remedy: 'name another in source.customization.timeZone: the template has that of windows.timeZone all the same',
    });
  const { domain, workgroup = 'WORKGROUP', runOnce, dnsSuffixes } = fields;
  const password = await plain(fields.password);
  return {
    identity: {
      $type: 'CustomizationSysprep',
      guiUnattended: {
        ...(password === undefined ? {} : { password }),
        timeZone,
        // Commands of the first logon need one.
        autoLogon: runOnce.length > 0,
        autoLogonCount: runOnce.length > 0 ? 1 : 0,
      },
      userData: {
        fullName: fields.owner,
        orgName: fields.organization,
        computerName: { $type: 'CustomizationFixedName', name: fields.computerName },
        productId: (await fields.productKey?.resolve()) ?? '',
      },
      ...(runOnce.length > 0 ? { guiRunOnce: { commandList: [...runOnce] } } : {}),
      identification:
        domain === undefined
          ? { joinWorkgroup: workgroup }
          : {
              joinDomain: domain.name,
              domainAdmin: domain.username,
              domainAdminPassword: await plain(domain.password),
            },
    },
    options: { $type: 'CustomizationWinOptions', changeSID: true, deleteAccounts: false, reboot: 'reboot' },
    globalIPSettings: dnsSuffixes.length > 0 ? { dnsSuffixList: [...dnsSuffixes] } : {},
    nicSettingMap: Array.from({ length: nicCount }, (_, index) => adapter(fields.nics[index])),
  };
}

/** vCenter takes a password in clear over TLS, and says so of it. */
async function plain(secret: Secret | undefined): Promise<CustomizationPassword | undefined> {
  return secret === undefined ? undefined : { value: await secret.resolve(), plainText: true };
}

function adapter(nic: Nic | undefined): CustomizationAdapterMapping {
  const { address, gateways, dnsServers, dnsDomain } = nic ?? {};
  const dns = { ...(dnsServers === undefined ? {} : { dnsServerList: [...dnsServers] }), dnsDomain };
  if (address === undefined) return { adapter: { ip: { $type: 'CustomizationDhcpIpGenerator' }, ...dns } };
  const [ipAddress = '', length = '32'] = address.split('/');
  return {
    adapter: {
      ip: { $type: 'CustomizationFixedIp', ipAddress },
      subnetMask: maskOf(Number(length)),
      ...(gateways === undefined ? {} : { gateway: [...gateways] }),
      ...dns,
    },
  };
}

/** `255.255.255.0` of 24. */
function maskOf(length: number): string {
  return [0, 8, 16, 24].map((before) => 256 - 2 ** (8 - Math.min(8, Math.max(0, length - before)))).join('.');
}

function problem(expected: string, found: string, options: { readonly remedy: string }): IngotError {
  return new IngotError('source.customization', `expected ${expected}, found ${found}`, options);
}
