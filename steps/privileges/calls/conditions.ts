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
  linkedClone: image('smokeTest.clone: linked', ({ smokeTest }) => smokeTest.clone === 'linked'),
  smokeNetwork: image('smokeTest.network', ({ smokeTest }) => smokeTest.network !== undefined),
  noSmokeNetwork: image('no smokeTest.network', ({ smokeTest }) => smokeTest.network === undefined),
} as const satisfies Readonly<Record<string, Condition>>;

/** Files of the hosts' own (`[]`) are on no datastore. */
function lies(location: MediaLocation | undefined): boolean {
  if (location?.kind === 'datastore') return !location.path.startsWith('[]');
  return location?.kind === 'library';
}
