import { existsSync } from 'node:fs';
import { splitPath } from '../../datastores.ts';
import { unpackDisk } from '../../guest/disk-image.ts';
import { type Moref, readMoref, reference } from '../../vcsim/soap.ts';
import { all, at, escapeXml, leaf, node, parseXml, textAt, writeXml, type XmlElement } from '../../xml.ts';
import { answer, fault, forward, type Interceptor, type ProxyContext } from '../call.ts';
import type { Lease, LeaseEnd, LeaseFile } from '../nfc/lease.ts';
import { readVmdk } from '../nfc/vmdk.ts';
import { nfcUrls } from './export.ts';

/** Controllers that vcsim's CreateImportSpec calls unsupported, and that no disk of the lab hangs on. */
const OTHER_STORAGE = '20';

/**
 * CreateImportSpec: vcsim leaves out firmware and extraConfig, knows no SATA, has another name for LSI Logic SAS and asks
 * for no NVRAM. All that is put right on the way there and in its answer.
 */
export const createImportSpec: Interceptor = async (call, lab) => {
  if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
  const text = at(call.body, 'ovfDescriptor')?.text ?? '';
  const descriptor = parse(text);
  const system = at(descriptor, 'VirtualSystem', 'VirtualHardwareSection');
  if (system === undefined) return forward(call, lab);
  const without = all(system, 'Item').filter((item) => textAt(item, 'ResourceType') === OTHER_STORAGE);
  const known = without.reduce((left, item) => withoutItem(left, textAt(item, 'InstanceID') ?? ''), text);
  const sent = known.replace(/(ResourceSubType>\s*)lsilogicsas(\s*<)/g, '$1lsilogic-sas$2');
  const response = await forward(
    call,
    lab,
    call.raw.replace(escapedIn(call.raw), () => escapeXml(sent)),
  );
  if (response.status !== 200) return response;
  const nvram = all(system, 'ExtraConfig').find(({ attributes }) => attributes.key === 'nvram')?.attributes.value;
  const file = all(at(descriptor, 'References'), 'File').find(
    ({ attributes }) => nvram === `ovf:/file/${attributes.id}`,
  );
  const name = textAt(call.body, 'cisp', 'entityName') ?? '';
  return { ...response, body: amend(response.body, system, file === undefined ? '' : nvramItem(name, file)) };
};

/**
 * ImportVApp: vcsim makes the VM at once; the lease is the lab's own. What is uploaded becomes the disk of the VM; an
 * import that is aborted, or times out, leaves nothing.
 */
export const importVApp: Interceptor = async (call, lab) => {
  if (!lab.sessions.isLive(call.incoming.headers)) return forward(call, lab);
  const folder = readMoref(at(call.body, 'folder'));
  const name = textAt(call.body, 'spec', 'configSpec', 'name') ?? '';
  const holder = folder === undefined ? undefined : await lab.vcsim.child(folder, name);
  if (holder !== undefined) {
    const detail = leaf('name', name) + reference('object', holder);
    return fault('DuplicateName', `The name '${name}' already exists.`, detail);
  }
  const lease = await lab.leases.begin(call.self, (end, one) => finish(lab, one, end));
  make(lab, lease, call.self, call.body).catch(async (error: unknown) => {
    lab.log(`proxy: the import of ${name}: ${String(error)}`);
    await lease.fail(node('fault', '', 'SystemError') + leaf('localizedMessage', 'The VM could not be made.'));
  });
  return answer(call.method, reference('returnval', { type: 'HttpNfcLease', value: lease.id }));
};

async function make(lab: ProxyContext, lease: Lease, pool: Moref, body: XmlElement): Promise<void> {
  const args = body.children.filter((child) => child.name !== '_this').map((child) => writeXml(child));
  const sent = await inFreeFolder(lab, body, args.join(''));
  const own = readMoref(at(await lab.vcsim.call('ImportVApp', pool, sent), 'returnval'));
  if (own === undefined) throw new Error('vcsim gave no lease');
  const info = await infoOf(lab, own);
  const entity = readMoref(at(info, 'entity'));
  if (entity === undefined) throw new Error('vcsim made no VM');
  await lab.vcsim.call('HttpNfcLeaseComplete', own);
  lease.entity = entity;
  if (lab.scenario.scenario.nfc?.initializing === 'hangs') return;
  const files = all(info, 'deviceUrl').map(
    (device): LeaseFile => ({
      key: textAt(device, 'key') ?? '',
      importKey: textAt(device, 'importKey') ?? '',
      name: textAt(device, 'targetId') ?? '',
      disk: textAt(device, 'disk') === 'true',
      capacityBytes: 0,
      estimate: 0,
      content: undefined,
    }),
  );
  const name = textAt(body, 'spec', 'configSpec', 'name') ?? '';
  const nvram: LeaseFile = {
    key: `/${entity.value}/nvram`,
    importKey: `/${name}/nvram`,
    name: 'file-1.nvram',
    disk: false,
    capacityBytes: 0,
    estimate: 0,
    content: undefined,
  };
  await lease.ready([...files, nvram], await nfcUrls(lab, lease.id));
}

/** A folder on the datastore that is taken gets a number behind its name, as in vCenter; vcsim fails at the files there. */
async function inFreeFolder(lab: ProxyContext, body: XmlElement, args: string): Promise<string> {
  const place = textAt(body, 'spec', 'configSpec', 'files', 'vmPathName') ?? '';
  const name = textAt(body, 'spec', 'configSpec', 'name') ?? '';
  const { datastore, path } = splitPath(place);
  const folder = path === '' ? name : (path.split('/')[0] ?? name);
  const taken = async (free: string): Promise<boolean> => {
    const there = await lab.datastores.resolve(`[${datastore}] ${free}`);
    return there !== undefined && existsSync(there);
  };
  let free = folder;
  for (let number = 1; await taken(free); number += 1) free = `${folder}_${number}`;
  if (free === folder) return args;
  const at = (inside: string) => escapeXml(`[${datastore}] ${inside}/`);
  return args
    .replace(/(<(?:[\w-]+:)?vmPathName>)[^<]*/, (_, start: string) => `${start}${at(free)}${escapeXml(name)}.vmx`)
    .replaceAll(`<fileName>${at(folder)}`, () => `<fileName>${at(free)}`);
}

/** vcsim's lease is ready some milliseconds later, and has no other way of telling than to be looked at. */
async function infoOf(lab: ProxyContext, lease: Moref): Promise<XmlElement | undefined> {
  const { setTimeout: delay } = await import('node:timers/promises');
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const { state, info, error } = await lab.vcsim.properties(lease, 'state', 'info', 'error');
    if (state?.text.trim() === 'ready') return info;
    if (state?.text.trim() === 'error') throw new Error(textAt(error, 'localizedMessage') ?? 'vcsim refused');
    await delay(pause);
  }
}

async function finish(lab: ProxyContext, { entity, transferred }: Lease, end: LeaseEnd): Promise<void> {
  if (entity.type !== 'VirtualMachine') return;
  const machine = lab.machines.of(entity);
  if (end === 'completed') {
    const first = [...transferred].sort(([a], [b]) => (a < b ? -1 : 1)).find(([name]) => name.endsWith('.vmdk'));
    const beginning = first?.[1].data && readVmdk(first[1].data);
    const disk = beginning && unpackDisk(beginning);
    if (disk !== undefined) machine.disk = disk;
    return;
  }
  const task = readMoref(at(await lab.vcsim.call('Destroy_Task', entity), 'returnval'));
  if (task !== undefined) await lab.vcsim.task(task);
  await lab.machines.forget(machine);
}

function parse(text: string): XmlElement | undefined {
  try {
    return parseXml(text);
  } catch {
    return undefined;
  }
}

/** The descriptor as it stands in the request. */
function escapedIn(raw: string): string {
  return /<(?:\w+:)?ovfDescriptor[^>]*>([^<]*)</.exec(raw)?.[1] ?? '';
}

function withoutItem(text: string, instance: string): string {
  const item = new RegExp(
    `<(\\w+:)?Item\\b[^>]*>(?:(?!</\\1Item>).)*<\\w+:InstanceID>${instance}</(?:(?!</\\1Item>).)*</\\1Item>`,
    's',
  );
  return text.replace(item, '');
}

function amend(body: string, system: XmlElement, fileItem: string): string {
  const entries = all(system, 'ExtraConfig').filter(({ attributes }) => attributes.key !== 'nvram');
  const extra = entries.map(({ attributes: { key = '', value = '' } }) => {
    const typed = `<value ${XSI} xmlns:xsd="http://www.w3.org/2001/XMLSchema" xsi:type="xsd:string">${escapeXml(value)}</value>`;
    return `<extraConfig ${XSI} xsi:type="OptionValue">${leaf('key', key)}${typed}</extraConfig>`;
  });
  const config = new Map(all(system, 'Config').map(({ attributes: { key = '', value = '' } }) => [key, value]));
  const secure = leaf('efiSecureBootEnabled', config.get('bootOptions.efiSecureBootEnabled') ?? 'false');
  const more = extra.join('') + node('bootOptions', secure) + leaf('firmware', config.get('firmware') ?? 'bios');
  const specified = body.replace('</configSpec>', () => `${more}</configSpec>`);
  // fileItem follows importSpec.
  return specified.replace('</importSpec>', () => `</importSpec>${fileItem}`);
}

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function nvramItem(name: string, { attributes }: XmlElement): string {
  return node(
    'fileItem',
    leaf('deviceId', `/${name}/nvram`) +
      leaf('path', attributes.href ?? '') +
      leaf('size', attributes.size ?? 0) +
      leaf('cimType', 20) +
      leaf('create', true),
  );
}
