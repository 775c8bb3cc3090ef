import type { VcsimClient } from '../vcsim/client.ts';
import type { Moref } from '../vcsim/soap.ts';
import { escapeXml, leaf, node } from '../xml.ts';

export interface GuestNic {
  readonly key: number;
  readonly mac: string;
  readonly network: string;
  readonly addresses: readonly string[];
}

/** What VMware Tools tell of a running guest. */
export interface ToolsReport {
  readonly version: string;
  readonly outdated: boolean;
  readonly hostName: string;
  readonly fullName: string;
  readonly nics: readonly GuestNic[];
}

/** Writes what the guest tells into vcsim: plain guestinfo keys, and properties through vcsim's `SET.` keys. */
export class Publisher {
  readonly #vcsim: VcsimClient;
  readonly #vm: Moref;
  readonly #written = new Set<string>();
  #queue: Promise<void> = Promise.resolve();

  constructor(vcsim: VcsimClient, vm: Moref) {
    this.#vcsim = vcsim;
    this.#vm = vm;
  }

  /** Sets guestinfo values, with or without a report of Tools in the same call. */
  publish(guestinfo: Readonly<Record<string, string>>, report?: ToolsReport): Promise<void> {
    const options = Object.entries(guestinfo).map(([key, value]) => {
      this.#written.add(key);
      return option(key, 'xsd:string', escapeXml(value));
    });
    if (report !== undefined) options.push(...toolsRunning(report));
    return this.#send(options);
  }

  /** How far a customization by vCenter is, and why it failed. */
  customization(status: string, error?: string): Promise<void> {
    const told = leaf('customizationStatus', status) + (error === undefined ? '' : leaf('errorMsg', error));
    return this.#send([option('SET.guest.customizationInfo', 'GuestInfoCustomizationInfo', told)]);
  }

  /** The guest reboots: Tools are gone for a while. */
  toolsStopped(): Promise<void> {
    return this.#send(notRunning());
  }

  /** The VM is off; with `self` the guest switched it off, so the power state is set too. Guest-written values go with it. */
  poweredOff(self: boolean): Promise<void> {
    const options = notRunning();
    if (self) {
      options.unshift(
        option('SET.runtime.powerState', 'VirtualMachinePowerState', 'poweredOff'),
        option('SET.summary.runtime.powerState', 'VirtualMachinePowerState', 'poweredOff'),
      );
    }
    for (const key of this.#written) options.unshift(option(key, 'xsd:string', ''));
    this.#written.clear();
    return this.#send(options);
  }

  /** One call after the other, in order. */
  #send(options: readonly string[]): Promise<void> {
    const sent = this.#queue.then(() => this.#vcsim.reconfigure(this.#vm, options.join('')));
    this.#queue = sent.catch(() => {});
    return sent;
  }
}

function toolsRunning(report: ToolsReport): string[] {
  const address = report.nics.flatMap((nic) => nic.addresses).find((candidate) => !candidate.includes(':')) ?? '';
  const versionStatus = report.outdated ? 'guestToolsSupportedOld' : 'guestToolsCurrent';
  return [
    text('SET.guest.toolsRunningStatus', 'guestToolsRunning'),
    text('SET.summary.guest.toolsRunningStatus', 'guestToolsRunning'),
    option('SET.guest.toolsStatus', 'VirtualMachineToolsStatus', report.outdated ? 'toolsOld' : 'toolsOk'),
    option('SET.summary.guest.toolsStatus', 'VirtualMachineToolsStatus', report.outdated ? 'toolsOld' : 'toolsOk'),
    text('SET.guest.toolsVersionStatus2', versionStatus),
    text('SET.guest.toolsVersion', internalVersion(report.version)),
    text('SET.guest.guestState', 'running'),
    option('SET.guest.guestOperationsReady', 'xsd:boolean', 'true'),
    text('SET.guest.guestFamily', 'windowsGuest'),
    text('SET.guest.guestFullName', report.fullName),
    text('SET.guest.hostName', report.hostName),
    text('SET.guest.ipAddress', address),
    network(report.nics),
  ];
}

function notRunning(): string[] {
  return [
    text('SET.guest.toolsRunningStatus', 'guestToolsNotRunning'),
    text('SET.summary.guest.toolsRunningStatus', 'guestToolsNotRunning'),
    option('SET.guest.toolsStatus', 'VirtualMachineToolsStatus', 'toolsNotRunning'),
    option('SET.summary.guest.toolsStatus', 'VirtualMachineToolsStatus', 'toolsNotRunning'),
    text('SET.guest.guestState', 'notRunning'),
    option('SET.guest.guestOperationsReady', 'xsd:boolean', 'false'),
    text('SET.guest.ipAddress', ''),
    network([]),
  ];
}

function network(nics: readonly GuestNic[]): string {
  const list = nics.map((nic) =>
    node(
      'GuestNicInfo',
      leaf('network', nic.network) +
        nic.addresses.map((address) => leaf('ipAddress', address)).join('') +
        leaf('macAddress', nic.mac) +
        leaf('connected', true) +
        leaf('deviceConfigId', nic.key),
    ),
  );
  return option('SET.guest.net', 'ArrayOfGuestNicInfo', list.join(''));
}

/** The number vCenter shows in guest.toolsVersion: 12.3.5 is 12 * 1024 + 3 * 32 + 5. */
function internalVersion(version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return String(major * 1024 + minor * 32 + patch);
}

function text(key: string, value: string): string {
  return option(key, 'xsd:string', escapeXml(value));
}

/** An OptionValue; `value` is markup. */
function option(key: string, type: string, value: string): string {
  return `<extraConfig xsi:type="OptionValue">${leaf('key', key)}<value xsi:type="${type}">${value}</value></extraConfig>`;
}
