import { type DatastoreFile, deleteDatastoreFile, searchDatastore } from '../../vsphere/datastore-files.ts';
import { datastorePath } from '../../vsphere/datastore-path.ts';
import type { Datacenter, DatastoreLocation } from '../../vsphere/inventory.ts';
import { partialMs } from '../vcenter/partial-files.ts';
import { ageOf, isOlder, type Leftover, mediaMs } from './leftover.ts';
import { deadDigests } from './media-records.ts';
import type { Center } from './place.ts';
import { ageWords } from './words.ts';

/** The names that uploads give (`partialName`, `mediaName`, `mediaRecords`): nothing else in the folder is ours. */
const names = {
  partial: /^upload-[0-9a-f]{16}\.partial$/,
  sidecar: /^(sha256-[0-9a-f]{12}-.+)\.sha256$/,
  media: /^sha256-[0-9a-f]{12}-.+$/,
  digest: /^digest-[0-9a-f]{12}\.json$/,
};

/** A folder of media on a datastore, which all images that are built there share. */
export interface MediaPlace {
  readonly location: DatastoreLocation;
  readonly folder: string;
  /** Where records of media that lie elsewhere are followed to. */
  readonly datacenter: Datacenter;
  /** Milliseconds that a deletion may take. */
  readonly taskMs: number;
}

/** Partial uploads, media that no VM has in a drive, and records of media that are not there. */
export async function findMedia(center: Center, place: MediaPlace, signal: AbortSignal): Promise<Leftover[]> {
  const found = (await searchDatastore(center.vc, place.location, place.folder, ['*'], { signal })) ?? [];
  const files = found.filter((file) => !file.isFolder);
  const there = new Map(files.map((file) => [file.name, file]));
  const named = (pattern: RegExp) => files.filter(({ name }) => pattern.test(name));
  const isSidecar = ({ name }: DatastoreFile) => names.sidecar.test(name);

  const orphans = named(names.sidecar).filter(({ name }) => !there.has(name.replace(/\.sha256$/, '')));
  const partials = [...named(names.partial), ...orphans].map((file) => judgePartial(center, place, file));

  const media = named(names.media).filter((file) => !isSidecar(file));
  const idle = media.filter((file) => idleReason(center, file) === undefined);
  const old = (file: DatastoreFile) => isOlder(ageOf(file.modified, center.now), center.rules.olderThanMs ?? mediaMs);
  const drives = idle.length > 0 ? await center.drives() : new Map<string, string>();
  const judged = media.map((file) => {
    const user = drives.get(datastorePath(place.location.name, `${place.folder}/${file.name}`));
    return judgeMedia(center, place, file, { user, sidecar: there.get(`${file.name}.sha256`) });
  });

  const dead = await deadDigests(center, place, named(names.digest).filter(old), [...there.keys()], signal);
  return [...partials, ...judged, ...dead.map((file) => judgeRecord(center, place, file))];
}

/** Also the digest of a file that never came: an upload writes it first. */
function judgePartial(center: Center, place: MediaPlace, file: DatastoreFile): Leftover {
  const ageMs = ageOf(file.modified, center.now);
  const orphan = !names.partial.test(file.name);
  if (!isOlder(ageMs, partialMs)) {
    const young = ageMs === null ? 'of unknown age' : `younger than ${ageWords(partialMs)}`;
    return leftoverOf(center, place, file, { kind: 'partial-upload', why: `${young}: a build may be uploading it` });
  }
  const why = orphan ? 'the digest of a file that never came' : 'a build broke off before it was whole';
  return leftoverOf(center, place, file, { kind: 'partial-upload', why, gone: [file] });
}

/** Why media stay without a look at the drives of VMs. */
function idleReason({ now, rules }: Center, file: DatastoreFile): string | undefined {
  const limit = rules.olderThanMs ?? mediaMs;
  const ageMs = ageOf(file.modified, now);
  if (isOlder(ageMs, limit)) return undefined;
  return ageMs === null ? 'of unknown age' : `younger than ${ageWords(limit)}`;
}

interface Beside {
  /** The VM that has it in a drive. */
  readonly user: string | undefined;
  readonly sidecar: DatastoreFile | undefined;
}

function judgeMedia(center: Center, place: MediaPlace, file: DatastoreFile, { user, sidecar }: Beside): Leftover {
  const kept = idleReason(center, file) ?? (user === undefined ? undefined : `in a CD drive of ${user}`);
  if (kept !== undefined) return leftoverOf(center, place, file, { kind: 'media', why: kept });
  // The file first: one that has its name always has its digest.
  const gone = [file, ...(sidecar === undefined ? [] : [sidecar])];
  const why = 'no VM has it in a drive; a build that needs it uploads it again';
  return sharedOf(center, place, file, { kind: 'media', why, gone });
}

function judgeRecord(center: Center, place: MediaPlace, file: DatastoreFile): Leftover {
  const why = 'a record of media that are not there';
  return sharedOf(center, place, file, { kind: 'media-record', why, gone: [file] });
}

interface Verdict {
  readonly kind: Leftover['kind'];
  readonly why: string;
  /** Files that go, in this order; none: it is kept. */
  readonly gone?: readonly DatastoreFile[];
}

/** What other images may use, too, is only removed when that is asked for. */
function sharedOf(center: Center, place: MediaPlace, file: DatastoreFile, { kind, why, gone }: Verdict): Leftover {
  if (center.rules.media)
    return leftoverOf(center, place, file, gone === undefined ? { kind, why } : { kind, why, gone });
  return { ...leftoverOf(center, place, file, { kind, why: `${why}; removed with --media only` }), needsMedia: true };
}

function leftoverOf(
  { vc, server, now }: Center,
  { location, folder, taskMs }: MediaPlace,
  file: DatastoreFile,
  { kind, why, gone = [] }: Verdict,
): Leftover {
  const remove = async (signal: AbortSignal) => {
    for (const { name } of gone) {
      const options = { missing: 'ignore', signal, deadlineMs: taskMs } as const;
      await deleteDatastoreFile(vc, location, `${folder}/${name}`, options);
    }
  };
  return {
    kind,
    vcenter: server,
    image: null,
    folder: datastorePath(location.name, folder),
    name: file.name,
    bytes: file.size ?? null,
    since: file.modified ?? null,
    ageMs: ageOf(file.modified, now),
    why,
    needsMedia: false,
    remove: gone.length === 0 ? undefined : remove,
  };
}
