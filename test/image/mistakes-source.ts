import type { Mistake } from './mistakes.ts';

/** What a source stands in the place of, and what it brings. */
const MEDIA = `media:
  iso: \${var.media}/windows-server-20h2.iso
  toolsIso: \${var.tools_iso}

hardware:
  cpus: 4
  memory: 8GiB
  disk: 60GiB
`;

const TEMPLATE = 'template: base';
const VM = 'vm: base, snapshot: s';

/** A source in the place of the media. */
function sourceOf(fields: string): string {
  return `source: { ${fields} }\n`;
}

function customized(fields: string): string {
  return sourceOf(`${TEMPLATE}, customization: ${fields}`);
}

const CUSTOM = 'source.customization';

/** Mistakes in where Windows comes from when it is not installed. */
export const SOURCE_MISTAKES: readonly Mistake[] = [
  [MEDIA, '‸media:\n  toolsIso: x.iso\n', 'media.iso', 'image.required'],
  ['media:\n', '‸source: { template: base }\nmedia:\n', 'source', 'source.media'],
  [MEDIA, `${sourceOf(TEMPLATE)}hardware: { ‸disk: 60GiB }\n`, 'hardware.disk', 'source.hardware'],
  [MEDIA, `${sourceOf(TEMPLATE)}hardware: { ‸version: 19 }\n`, 'hardware.version', 'source.hardware'],
  [MEDIA, sourceOf('template: ‸/'), 'source.template', 'image.value'],
  [MEDIA, sourceOf(`${TEMPLATE}, ‸vm: base`), 'source.vm', 'source.kind'],
  [MEDIA, 'source: ‸{ linked: false }\n', 'source', 'source.kind'],
  [MEDIA, sourceOf('ovf: a.ova, ‸snapshot: s'), 'source.snapshot', 'source.kind'],
  [MEDIA, sourceOf(`${TEMPLATE}, ‸sha256: ${'0'.repeat(64)}`), 'source.sha256', 'source.kind'],
  [MEDIA, sourceOf('vm: base, ‸linked: true'), 'source.linked', 'source.kind'],
  [MEDIA, sourceOf('‸ovf: https://example.com/a.ova'), 'source.ovf', 'source.kind'],
  [MEDIA, sourceOf('ovf: ‸disk.vmdk'), 'source.ovf', 'image.value'],
  [MEDIA, sourceOf("ovf: ‸'[datastore1] a/a.ovf'"), 'source.ovf', 'image.value'],
  [MEDIA, sourceOf('contentLibrary: ‸library'), 'source.contentLibrary', 'image.value'],
  [MEDIA, sourceOf(`${VM}, hostKeys: [‸ssh-dss AAAA]`), 'source.hostKeys[0]', 'openssh.weak-key'],
  [MEDIA, sourceOf(`${TEMPLATE}, ‸customization: {}`), CUSTOM, 'source.customization'],
  [MEDIA, customized('{ ‸spec: Windows }'), `${CUSTOM}.spec`, 'source.customization'],
  [MEDIA, customized('{ spec: W, ‸password: env:P }'), `${CUSTOM}.password`, 'source.customization'],
  [MEDIA, customized('{ password: ‸hunter2 }'), `${CUSTOM}.password`, 'secret.literal'],
  [MEDIA, customized("{ password: env:P, ‸computerName: '42' }"), `${CUSTOM}.computerName`, 'source.customization'],
  [
    MEDIA,
    customized('{ password: env:P, ‸workgroup: W, domain: { name: a.b, username: u, password: env:D } }'),
    `${CUSTOM}.workgroup`,
    'source.customization',
  ],
  [
    MEDIA,
    customized('{ password: env:P, nics: [{ ‸gateways: [192.0.2.1] }] }'),
    `${CUSTOM}.nics[0].gateways`,
    'source.customization',
  ],
  [
    MEDIA,
    customized("{ password: env:P, nics: [{ address: ‸'2001:db8::1/64' }] }"),
    `${CUSTOM}.nics[0].address`,
    'source.customization',
  ],
  [
    MEDIA,
    customized("{ password: env:P, nics: [{ address: 192.0.2.2/24, gateways: [192.0.2.1, ‸'2001:db8::1'] }] }"),
    `${CUSTOM}.nics[0].gateways[1]`,
    'source.customization',
  ],
  [
    MEDIA,
    customized('{ password: env:P, nics: [{}, ‸{ dnsDomain: example.com }] }'),
    `${CUSTOM}.nics[1]`,
    'source.customization',
  ],
  [
    MEDIA,
    customized('{ password: env:P, timeZone: ‸Nowhere Standard Time }'),
    `${CUSTOM}.timeZone`,
    'source.customization',
  ],
];
