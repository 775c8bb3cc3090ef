import { readBody, readMoref } from '../../lab/vcsim/soap.ts';
import { at, type XmlElement } from '../../lab/xml.ts';

/** A request as a server got it. */
export interface Traced {
  readonly method: string;
  /** What it was called on. */
  readonly type: string;
  readonly value: string;
  /** What of its arguments asks for privileges of its own, in the words of steps/privileges/documented.ts. */
  readonly parts: readonly string[];
}

/** The requests of a trace, in order. */
export function readTrace(text: string): readonly Traced[] {
  return text
    .split(/(?=<\?xml )/)
    .filter((request) => request.trim() !== '')
    .map((request) => {
      const body = readBody(request);
      const self = readMoref(at(body, '_this'));
      return { method: body.name, type: self?.type ?? '', value: self?.value ?? '', parts: partsOf(body) };
    });
}

/** Of the properties of a VM's spec these are free when a VM is created or cloned (vSphere API reference). */
const freeOfNewVms = new Set([
  ...['name', 'instanceUuid', 'guestId', 'version', 'annotation', 'files', 'tools', 'numCPUs', 'numCoresPerSocket'],
  ...['memoryMB', 'firmware', 'bootOptions'],
]);
const freeDevices = new Set(['add ParaVirtualSCSIController', 'add VirtualAHCIController']);

function partsOf(body: XmlElement): readonly string[] {
  if (body.name === 'ReconfigVM_Task') return specParts(at(body, 'spec'));
  if (body.name === 'CreateVM_Task')
    return specParts(at(body, 'config')).filter((part) => !freeOfNewVms.has(part) && !freeDevices.has(part));
  if (body.name === 'CloneVM_Task') {
    const custom = at(body, 'spec', 'customization') === undefined ? [] : ['customization'];
    return ['VM to VM', ...custom, ...specParts(at(body, 'spec', 'config'))];
  }
  return [];
}

/** Properties that are set, of devices with what is done to which. */
function specParts(spec: XmlElement | undefined): readonly string[] {
  const parts = (spec?.children ?? []).map((property) => {
    if (property.name !== 'deviceChange') return property.name;
    return `${at(property, 'operation')?.text} ${at(property, 'device')?.type}`;
  });
  return [...new Set(parts)];
}
