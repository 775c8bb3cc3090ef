import { posix } from 'node:path';
import type { Finding, Path } from '../problem.ts';
import type { MediaLocation } from '../schema/media.ts';
import type { Rule } from './rule.ts';

type Location = { readonly kind?: MediaLocation['kind'] | undefined; readonly path?: string | undefined } | undefined;

/**
 * The Tools ISO is handed to the VM as it is: it must be where vCenter has it, or be uploaded from here. The Windows ISO is
 * read: vCenter does not serve the host's own files (`[]`).
 */
export const locations: Rule = ({ media }) => {
  const [iso, location]: readonly Location[] = [media?.iso, media?.toolsIso];
  const ofHost: Finding = {
    path: ['media', 'iso'],
    code: 'media.location',
    expected: 'a datastore by its name, as in [datastore1] iso/windows.iso',
    found: 'files of the host itself, []',
    remedy: 'upload the ISO to a datastore, or name the local file',
  };
  const unread = iso?.kind === 'datastore' && iso.path?.startsWith('[]') === true ? [ofHost] : [];
  if (location?.kind !== 'url') return unread;
  return [
    ...unread,
    {
      path: ['media', 'toolsIso'],
      code: 'media.location',
      expected: 'a file on this machine, a datastore path or library:LIBRARY/ITEM',
      found: 'a URL',
      remedy: 'download it first and name the local file',
    },
  ];
};

/** What comes from a URL is only as good as its digest. */
export const digestOfUrl: Rule = ({ media }, raw) => {
  if (media?.iso?.kind !== 'url' || raw(['media', 'sha256']) !== undefined) return [];
  return [
    {
      path: ['media', 'iso'],
      code: 'media.sha256-missing',
      expected: 'media.sha256 beside a URL',
      found: 'none',
      remedy: 'add sha256: with the digest that the publisher of the ISO names',
    },
  ];
};

/** Names in the root of the answer disc that are ingot's own. Windows does not tell upper from lower case. */
const own = ['autounattend.xml', 'unattend.xml', 'bootstrap.ps1', 'common.ps1', 'bootstrap.json', 'openssh-win64.zip'];

/** Each file has a place of its own on the answer disc. */
export const discFiles: Rule = ({ media }) => {
  const seen = new Map<string, number>();
  return (media?.files ?? []).flatMap((file, index): Finding[] => {
    const path: Path = ['media', 'files', index];
    const target = file?.to ?? (file?.from === undefined ? undefined : posix.basename(file.from));
    if (target === undefined) return [];
    const key = target.toLowerCase();
    const earlier = seen.get(key);
    seen.set(key, index);
    const taken = own.includes(key)
      ? 'a name that ingot uses itself'
      : earlier === undefined
        ? undefined
        : `the same as media.files[${earlier}]`;
    if (taken === undefined) return [];
    const expected = 'a place of its own on the answer disc';
    return [{ path, code: 'media.files', expected, found: `${target}, ${taken}`, remedy: 'give it another `to`' }];
  });
};

/** A folder of drivers has to come from somewhere: Setup passes over paths that are not there, without a word. */
export const driverFolders: Rule = ({ media }) => {
  const targets = (media?.files ?? []).map((file) => (file?.to ?? posix.basename(file?.from ?? '')).toLowerCase());
  return (media?.drivers ?? []).flatMap((folder, index): Finding[] => {
    if (folder === undefined) return [];
    const wanted = folder.toLowerCase();
    const covered = targets.some(
      (target) => wanted === target || wanted.startsWith(`${target}/`) || target.startsWith(`${wanted}/`),
    );
    if (covered) return [];
    return [
      {
        path: ['media', 'drivers', index],
        code: 'media.drivers',
        expected: 'a folder that media.files puts on the answer disc',
        found: folder,
        remedy: 'add it to media.files, or correct the path',
      },
    ];
  });
};
