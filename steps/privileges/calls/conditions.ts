import type { Image, MediaLocation } from '../../../image/index.ts';
import type { Condition } from '../call.ts';

const image = (text: string, holds: (image: Image) => boolean): Condition => ({
  text,
  holds: ({ image: given }) => holds(given),
});

/** Cases in which a call is made, in the words of `ingot privileges`. */
export const when = {
  throughTools: image('communicator: vmtools', ({ communicator }) => communicator === 'vmtools'),
  prompted: {
    text: 'the Windows ISO asks for a key before it boots',
    holds: ({ bootPrompt }) => (bootPrompt === undefined ? undefined : bootPrompt === 'typed'),
  },
  noTopDirectories: {
    text: 'the datastore is vSAN or vVols',
    holds: ({ topLevelDirectories }) => (topLevelDirectories === undefined ? undefined : !topLevelDirectories),
  },
  isoInVcenter: image('media.iso lies in vCenter', ({ media }) => lies(media.iso)),
  mediaInVcenter: image('media lie in vCenter', ({ media }) => lies(media.iso) || lies(media.toolsIso)),
  mediaInLibrary: image('media lie in a content library', ({ media }) =>
    [media.iso, media.toolsIso].some((location) => location?.kind === 'library'),
  ),
  fromIso: image('Windows comes from an ISO', ({ source }) => source === undefined),
  fromTemplate: image('source.template', ({ source }) => source?.kind === 'template'),
  fromVm: image('source.vm', ({ source }) => source?.kind === 'vm'),
  fromOvf: image('source.ovf', ({ source }) => source?.kind === 'ovf'),
  fromLibrary: image('source.contentLibrary', ({ source }) => source?.kind === 'library'),
  fromElsewhere: image('source', ({ source }) => source !== undefined),
  customizedClone: image(
    'source.customization of a template or VM',
    ({ source }) => source?.customization !== undefined && (source.kind === 'template' || source.kind === 'vm'),
  ),
  customizedPackage: image(
    'source.customization of an OVF or library item',
    ({ source }) => source?.customization !== undefined && (source.kind === 'ovf' || source.kind === 'library'),
  ),
  storagePolicy: image('prepare.storagePolicy', ({ prepare }) => prepare.storagePolicy !== undefined),
  storageDrs: image('placement.datastoreCluster', ({ placement }) => placement.datastoreCluster !== undefined),
  publishOvf: image('publish.ovf', ({ publish }) => publish.ovf !== undefined),
  publishLibraryOvf: image('publish.contentLibraries, type ovf', ({ publish }) =>
    publish.contentLibraries.some(({ type }) => type === 'ovf'),
  ),
  publishLibraryVm: image('publish.contentLibraries, type vm-template', ({ publish }) =>
    publish.contentLibraries.some(({ type }) => type === 'vm-template'),
  ),
  publishAttributes: image('publish.attributes', ({ publish }) => Object.keys(publish.attributes).length > 0),
  newAttribute: {
    text: 'vCenter does not know the custom attribute yet',
    holds: ({ image: { publish } }) => (Object.keys(publish.attributes).length > 0 ? undefined : false),
  },
  publishTags: image('publish.tags', ({ publish }) => publish.tags.length > 0),
  publishCopies: image('publish.copies', ({ publish }) => publish.copies.length > 0),
  publishLatest: image('publish.latest', ({ publish }) => publish.latest !== undefined),
  linkedClone: image('smokeTest.clone: linked', ({ smokeTest }) => smokeTest.clone === 'linked'),
  smokeNetwork: image('smokeTest.network', ({ smokeTest }) => smokeTest.network !== undefined),
  noSmokeNetwork: image('no smokeTest.network', ({ smokeTest }) => smokeTest.network === undefined),
} as const satisfies Readonly<Record<string, Condition>>;

/** Files of the hosts' own (`[]`) are on no datastore. */
function lies(location: MediaLocation | undefined): boolean {
  if (location?.kind === 'datastore') return !location.path.startsWith('[]');
  return location?.kind === 'library';
}
