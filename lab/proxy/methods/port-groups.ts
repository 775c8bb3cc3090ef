import { requestEnvelope } from '../../vcsim/soap.ts';
import { all, at, leaf, node, parseXml, textAt, writeXml, type XmlElement } from '../../xml.ts';
import { answer, type Call, failedTask, fault, forward, type Interceptor, type ProxyContext } from '../call.ts';

/** Specifications of port groups that were changed, by host network system and name: vcsim has no UpdatePortGroup. */
const changed = new WeakMap<ProxyContext['machines'], Map<string, XmlElement>>();

function changesOf({ machines }: ProxyContext): Map<string, XmlElement> {
  const known = changed.get(machines) ?? new Map<string, XmlElement>();
  changed.set(machines, known);
  return known;
}

/** UpdatePortGroup: the specification becomes this one, whole. NotFound for a name that the host does not have. */
export const updatePortGroup: Interceptor = async (call, lab) => {
  const name = textAt(call.body, 'pgName') ?? '';
  const spec = at(call.body, 'portgrp');
  const found = await lab.vcsim.properties(call.self, 'networkInfo.portgroup');
  const groups = all(found['networkInfo.portgroup'], 'HostPortGroup');
  if (spec === undefined || !groups.some((group) => textAt(group, 'spec', 'name') === name))
    return fault('NotFound', `there is no port group ${name}`);
  changesOf(lab).set(`${call.self.value} ${name}`, spec);
  return answer(call.method);
};

/** RetrievePropertiesEx of a host's port groups: with what was changed. */
export const readPortGroups: Interceptor = async (call, lab) => {
  const response = await forward(call, lab);
  const changes = changesOf(lab);
  if (response.status !== 200 || changes.size === 0) return response;
  const body = at(parseXml(response.body), 'Body')?.children[0];
  return answer(call.method, (body?.children ?? []).map((part) => writeXml(withChanges(part, '', changes))).join(''));
};

function withChanges(element: XmlElement, system: string, changes: ReadonlyMap<string, XmlElement>): XmlElement {
  const of = textAt(element, 'obj') ?? system;
  if (element.name !== 'HostPortGroup' && element.name !== 'portgroup')
    return { ...element, children: element.children.map((child) => withChanges(child, of, changes)) };
  const spec = changes.get(`${of} ${textAt(element, 'spec', 'name')}`);
  if (spec === undefined) return element;
  const children = element.children.map((child) => {
    if (child.name === 'spec') return { ...spec, name: 'spec' };
    return child.name === 'computedPolicy' ? computed(child, spec) : child;
  });
  return { ...element, children };
}

/** What holds: the specification's own value, or the virtual switch's, which vcsim never changes. */
function computed(policy: XmlElement, spec: XmlElement): XmlElement {
  const own = at(spec, 'policy', 'security');
  const children = policy.children.map((part) => {
    if (part.name !== 'security') return part;
    return { ...part, children: part.children.map((setting) => at(own, setting.name) ?? setting) };
  });
  return { ...policy, children };
}

/** Of the configuration what a specification holds, too. */
const kept = [
  ...['name', 'numPorts', 'portNameFormat', 'description', 'type', 'backingType', 'policy', 'autoExpand'],
  ...['vmVnicNetworkResourcePoolKey', 'logicalSwitchUuid'],
];

/**
 * ReconfigureDVPortgroup_Task: vcsim takes what the specification leaves out for empty; vCenter leaves it as it is, of the
 * default port configuration each setting by itself. An old `configVersion` is ConcurrentAccess.
 */
export const reconfigurePortGroup: Interceptor = async (call, lab) => {
  const { config } = await lab.vcsim.properties(call.self, 'config');
  const spec = at(call.body, 'spec');
  const version = textAt(spec, 'configVersion');
  if (version !== undefined && version !== textAt(config, 'configVersion'))
    return failedTask(call, lab, 'ConcurrentAccess', 'the port group was changed in between');
  const parts = kept.flatMap((name) => {
    const part = at(spec, name) ?? at(config, name);
    return part === undefined ? [] : [writeXml(part)];
  });
  const setting = mergedSetting(at(config, 'defaultPortConfig'), at(spec, 'defaultPortConfig'));
  return forward(call, lab, envelope(call, parts.join('') + setting));
};

function mergedSetting(before: XmlElement | undefined, wanted: XmlElement | undefined): string {
  const type = wanted?.type ?? before?.type ?? 'VMwareDVSPortSetting';
  const names = [...new Set([...(before?.children ?? []), ...(wanted?.children ?? [])].map(({ name }) => name))];
  const settings = names.flatMap((name) => at(wanted, name) ?? at(before, name) ?? []);
  return node('defaultPortConfig', settings.map((setting) => writeXml(setting)).join(''), type);
}

function envelope({ method, self }: Call, spec: string): string {
  return requestEnvelope(method, self, node('spec', spec || leaf('name', '')));
}
