import { SaxesParser } from 'saxes';
import { IngotError } from '../../common/failure.ts';

const OVF = /^http:\/\/schemas\.dmtf\.org\/ovf\/envelope\/\d+$/;
const VSSD = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData';
const VMW = 'http://www.vmware.com/schema/ovf';

/** A file that the descriptor refers to (`References`). */
export interface OvfReference {
  readonly id: string;
  /** Its name beside the descriptor. */
  readonly href: string;
  readonly size: number | undefined;
  readonly compression: string | undefined;
  readonly chunkSize: number | undefined;
}

/** What of a descriptor is looked at here; vCenter reads the rest itself. */
export interface OvfFacts {
  /** `VirtualSystem`'s Name, or its id. */
  readonly name: string;
  readonly files: readonly OvfReference[];
  /** The names of its networks, which an import maps. */
  readonly networks: readonly string[];
  readonly disks: readonly {
    readonly id: string;
    readonly capacityBytes: number;
    readonly fileRef: string | undefined;
  }[];
  /** `vmx-15`; of several the first. */
  readonly hardwareVersion: string | undefined;
  /** VMware's guest id: `windows2019srv_64Guest`. */
  readonly guestId: string | undefined;
  /** What VMware's `vmw:Config` and `vmw:ExtraConfig` say; `firmware` is of the former. */
  readonly config: ReadonlyMap<string, string>;
  readonly extraConfig: ReadonlyMap<string, string>;
  /** More than one, or a collection: a vApp. */
  readonly systems: number;
}

interface Tag {
  readonly uri: string;
  readonly local: string;
  attribute(uri: RegExp, local: string): string | undefined;
}

/** Reads a descriptor (DMTF DSP0243, 1.x, with VMware's extensions). Throws `ovf.descriptor`. */
export function readDescriptor(text: string, name: string): OvfFacts {
  const facts = {
    name: undefined as string | undefined,
    id: '',
    files: [] as OvfReference[],
    networks: [] as string[],
    disks: [] as OvfFacts['disks'][number][],
    hardwareVersion: undefined as string | undefined,
    guestId: undefined as string | undefined,
    config: new Map<string, string>(),
    extraConfig: new Map<string, string>(),
    systems: 0,
    root: '',
  };
  const vmw = new RegExp(`^${VMW}$`);
  walk(text, name, {
    open(tag, depth) {
      const own = (local: string) => tag.attribute(OVF, local);
      if (depth === 0) facts.root = OVF.test(tag.uri) ? tag.local : '';
      if (tag.uri === VMW && (tag.local === 'ExtraConfig' || tag.local === 'Config')) {
        const key = tag.attribute(vmw, 'key');
        const into = tag.local === 'Config' ? facts.config : facts.extraConfig;
        if (key !== undefined) into.set(key, tag.attribute(vmw, 'value') ?? '');
      }
      if (!OVF.test(tag.uri)) return;
      if (tag.local === 'File') {
        facts.files.push({
          id: own('id') ?? '',
          href: own('href') ?? '',
          size: numberOf(own('size')),
          compression: own('compression'),
          chunkSize: numberOf(own('chunkSize')),
        });
      } else if (tag.local === 'Network') facts.networks.push(own('name') ?? '');
      else if (tag.local === 'Disk') {
        const units = own('capacityAllocationUnits');
        const capacityBytes = (numberOf(own('capacity')) ?? 0) * unitsOf(units);
        facts.disks.push({ id: own('diskId') ?? '', capacityBytes, fileRef: own('fileRef') });
      } else if (tag.local === 'VirtualSystem') {
        facts.systems += 1;
        facts.id ||= own('id') ?? '';
      } else if (tag.local === 'VirtualSystemCollection') facts.systems += 2;
      else if (tag.local === 'OperatingSystemSection') facts.guestId = tag.attribute(vmw, 'osType');
    },
    text(tag, value, parent) {
      if (OVF.test(tag.uri) && tag.local === 'Name' && parent?.local === 'VirtualSystem') facts.name ??= value.trim();
      if (tag.uri === VSSD && tag.local === 'VirtualSystemType')
        facts.hardwareVersion ??= value.trim().split(/[\s,]+/)[0];
    },
  });
  if (facts.root !== 'Envelope') throw malformed(name, 'an Envelope of OVF 1.x', `the element “${facts.root}”`);
  const { root: _, id, ...rest } = facts;
  return { ...rest, name: facts.name ?? id };
}

/**
 * The descriptor with these entries of extraConfig (`vmw:ExtraConfig` of its first VirtualHardwareSection), instead of
 * those that it has of the same keys; undefined takes one out. Nothing else of the text changes.
 */
export function setExtraConfig(text: string, wanted: ReadonlyMap<string, string | undefined>): string {
  if (wanted.size === 0) return text;
  const { extraConfig } = readDescriptor(text, 'the descriptor');
  const entries = new Map([...wanted].filter(([key, value]) => extraConfig.get(key) !== value));
  if (entries.size === 0) return text;
  const cuts: { start: number; end: number }[] = [];
  let insertAt: number | undefined;
  let open: number | undefined;
  walk(text, 'the descriptor', {
    open(tag, _, position) {
      const key =
        tag.uri === VMW && tag.local === 'ExtraConfig' ? tag.attribute(new RegExp(`^${VMW}$`), 'key') : undefined;
      if (key !== undefined && entries.has(key)) open = text.lastIndexOf('<', position - 1);
    },
    close(tag, position) {
      if (open !== undefined && tag.uri === VMW && tag.local === 'ExtraConfig') {
        cuts.push({ start: open, end: position });
        open = undefined;
      }
      if (OVF.test(tag.uri) && tag.local === 'VirtualHardwareSection') insertAt ??= text.lastIndexOf('<', position - 1);
    },
  });
  if (insertAt === undefined) throw malformed('the descriptor', 'a VirtualHardwareSection', 'none');
  const added = [...entries].flatMap(([key, value]) => (value === undefined ? [] : [extraConfigElement(key, value)]));
  const edits = [...cuts.map((cut) => ({ ...cut, by: '' })), { start: insertAt, end: insertAt, by: added.join('') }];
  let out = text;
  for (const { start, end, by } of edits.sort((a, b) => b.start - a.start))
    out = out.slice(0, start) + by + out.slice(end);
  return out;
}

function extraConfigElement(key: string, value: string): string {
  const names = `xmlns:vmw="${VMW}" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"`;
  return `<vmw:ExtraConfig ${names} ovf:required="false" vmw:key="${escaped(key)}" vmw:value="${escaped(value)}"/>\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`);
}

interface Visitor {
  /** `position` is behind the tag. */
  open(tag: Tag, depth: number, position: number): void;
  text?(tag: Tag, value: string, parent: Tag | undefined): void;
  close?(tag: Tag, position: number): void;
}

function walk(text: string, name: string, visitor: Visitor): void {
  const parser = new SaxesParser({ xmlns: true });
  const stack: { tag: Tag; text: string }[] = [];
  parser.on('error', (error) => {
    throw malformed(name, 'well-formed XML', error.message, error);
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    const tag: Tag = {
      uri,
      local,
      attribute: (wanted, key) =>
        Object.values(attributes).find((item) => item.local === key && wanted.test(item.uri))?.value,
    };
    visitor.open(tag, stack.length, parser.position);
    stack.push({ tag, text: '' });
  });
  const addText = (piece: string) => {
    const top = stack.at(-1);
    if (top !== undefined) top.text += piece;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const top = stack.pop();
    if (top === undefined) return;
    visitor.text?.(top.tag, top.text, stack.at(-1)?.tag);
    visitor.close?.(top.tag, parser.position);
  });
  parser.write(text).close();
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}

/** `byte * 2^30` (DSP0004, programmatic units). */
function unitsOf(text: string | undefined): number {
  const [, base, exponent] = /^\s*byte\s*\*\s*(\d+)\s*\^\s*(\d+)\s*$/.exec(text ?? '') ?? [];
  return base === undefined ? 1 : Number(base) ** Number(exponent);
}

function malformed(name: string, expected: string, found: string, cause?: Error): IngotError {
  return new IngotError('ovf.descriptor', `${name}: expected ${expected}, found ${found}`, {
    cause,
    remedy: 'Is it the .ovf file of a package of OVF 1.x?',
  });
}
