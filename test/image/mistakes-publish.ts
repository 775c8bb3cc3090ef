import type { Mistake } from './mistakes.ts';

const TEMPLATE = 'template:\n  name: windows-server-20h2';

/** `publish:` behind the template, which is the end of the sample. */
function published(lines: string): string {
  return `${TEMPLATE}\npublish:\n  ${lines}`;
}

const COPY = 'datacenter: DC, compute: C, datastore: D';
const OTHER = "vcenter: { server: vc2, username: u, password: 'env:P' }";

/** Mistakes in where the template is published. */
export const PUBLISH_MISTAKES: readonly Mistake[] = [
  [
    TEMPLATE,
    published('contentLibraries: [{ library: images, ‸type: vmtx }]').replace('‸type: vmtx', 'type: ‸vmtx'),
    'publish.contentLibraries[0].type',
    'image.value',
  ],
  [
    TEMPLATE,
    published('contentLibraries: [‸{ library: images }]'),
    'publish.contentLibraries[0].type',
    'image.required',
  ],
  [
    TEMPLATE,
    published('contentLibraries: [{ library: images, type: ovf, ‸folder: x }]'),
    'publish.contentLibraries[0].folder',
    'publish.library-field',
  ],
  [
    TEMPLATE,
    published('contentLibraries: [{ library: images, type: vm-template, item: ‸windows-server-20h2 }]'),
    'publish.contentLibraries[0].item',
    'publish.item-name',
  ],
  [
    TEMPLATE,
    published('contentLibraries: [{ library: images, type: ovf }, ‸{ library: images, type: ovf }]'),
    'publish.contentLibraries[1]',
    'publish.same-item',
  ],
  [TEMPLATE, published("attributes: { built: ‸'{bulid}' }"), 'publish.attributes.built', 'publish.attribute-fact'],
  [TEMPLATE, published('tags: [‸{ category: stage }]'), 'publish.tags[0].name', 'image.required'],
  [TEMPLATE, published(`copies: [{ ${COPY}, ${OTHER}, via: ‸clone }]`), 'publish.copies[0].via', 'publish.copy-via'],
  [TEMPLATE, published(`copies: [‸{ ${COPY}, ${OTHER} }]`), 'publish.copies[0].network', 'publish.copy-network'],
  [
    TEMPLATE,
    published(`copies: [‸{ ${COPY}, via: content-library }]`),
    'publish.copies[0].library',
    'publish.copy-library',
  ],
  [TEMPLATE, published(`copies: [{ ${COPY}, item: ‸windows }]`), 'publish.copies[0].item', 'publish.copy-library'],
  [
    TEMPLATE,
    published(
      `copies: [{ ${COPY}, network: N, vcenter: ‸{ server: vc2, username: u, password: 'env:P', caFile: x.pem, insecure: true } }]`,
    ),
    'publish.copies[0].vcenter',
    'publish.copy-trust',
  ],
  [TEMPLATE, published('webhook: { url: ‸http://ci.test/ }'), 'publish.webhook.url', 'image.value'],
  [
    TEMPLATE,
    published('webhook: { url: https://ci.test/, secret: ‸hunter2 }'),
    'publish.webhook.secret',
    'secret.literal',
  ],
  [
    TEMPLATE,
    published("webhook: { url: 'https://h/x', headers: { X-Token: ‸env:TOKEN } }"),
    'publish.webhook.headers.X-Token',
    'image.value',
  ],
  [TEMPLATE, published('latest: { folder: ‸../up }'), 'publish.latest.folder', 'image.value'],
];
