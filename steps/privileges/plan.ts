import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { type Group, type Needed, neededFor } from './compute.ts';
import { findObjects, pathsIn } from './found.ts';
import { type Grant, grantsFor, rolePrivileges } from './grants.ts';
import { librariesOf } from './media-names.ts';
import { type ObjectPaths, pathsOf } from './paths.ts';

/** What an account needs for an image, and how it is given. */
export interface PrivilegePlan {
  readonly needed: readonly Needed[];
  /** The role's privileges, without the `System.` ones, which each role has. */
  readonly privileges: readonly string[];
  readonly paths: ObjectPaths;
  readonly grants: readonly Grant[];
}

export interface PlanPrivilegesOptions {
  readonly groups: readonly Group[];
  /** Where the objects are looked up; undefined: taken from the image file. */
  readonly vc: Vsphere | undefined;
  readonly signal: AbortSignal;
}

/**
 * The privileges that the calls of an image's steps ask for, with the objects.
 *
 * @throws IngotError `vsphere.not-found` and the like, without the datacenter
 */
export async function planPrivileges(
  image: Image,
  { groups, vc, signal }: PlanPrivilegesOptions,
): Promise<PrivilegePlan> {
  const [{ graphOf }, bootPrompt, found] = await Promise.all([
    import('../index.ts'),
    bootPromptOf(image),
    vc && findObjects(vc, image, signal),
  ]);
  const facts = { image, bootPrompt, topLevelDirectories: found?.topLevelDirectories };
  const known = found === undefined ? pathsOf(image) : pathsIn(found.objects);
  // Content libraries are no objects of the inventory: permissions on them are global ones.
  const paths = { ...known, library: librariesOf(image), ...preparedPaths(known) };
  const asked = neededFor(graphOf(image), facts, groups);
  // Of what is not there nothing is needed: no smoke test network, no datastore cluster.
  const needed = asked.filter(({ on }) => (paths[on] ?? []).length > 0);
  return { needed, privileges: rolePrivileges(needed), paths, grants: grantsFor(needed, paths) };
}

/** Where `ingot prepare` works. */
function preparedPaths(paths: ObjectPaths): ObjectPaths {
  const all = Object.values(paths).flat();
  return {
    'prepared-folder': (paths.datacenter ?? []).map((path) => `${path}/vm`),
    'prepared-pool': (paths.compute ?? []).map((path) => `${path}/Resources`),
    'prepared-compute': paths.compute ?? [],
    'prepared-host': paths.compute ?? [],
    'prepared-network': paths.network ?? [],
    'prepared-object': [...new Set(all.filter((path) => path !== '/'))],
  };
}

/** What a local ISO does before it boots; undefined where it cannot be read now. */
async function bootPromptOf(image: Image): Promise<string | undefined> {
  const { iso } = image.media;
  if (iso?.kind !== 'file') return iso === undefined ? 'never' : undefined;
  try {
    const [{ openFileSource }, { readFacts }] = await Promise.all([
      import('../../iso/source.ts'),
      import('../media/facts.ts'),
    ]);
    const source = await openFileSource(iso.path);
    try {
      return (await readFacts(image, source)).bootPrompt;
    } finally {
      await source.close();
    }
  } catch {
    return undefined; // a build says what is wrong with it
  }
}
