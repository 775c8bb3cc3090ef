import { IngotError } from '../../common/failure.ts';
import { shellWord } from '../../common/shell.ts';
import { isFault } from '../../vsphere/fault.ts';
import { createStoragePolicy, findStoragePolicy, type StoragePolicy, updateStoragePolicy } from '../../vsphere/pbm.ts';
import { missingPrivileges } from '../../vsphere/privileges.ts';
import type { PolicyWanted } from './policy-datastores.ts';
import type { Preparation, PrepareContext } from './preparation.ts';

const UPDATE = 'StorageProfile.Update';

/**
 * The VM storage policy itself. One that is there is changed only where it asks for another tag of the same category:
 * other rules are somebody's decision, and VMs may rely on them.
 */
export async function policyPreparation(context: PrepareContext, policy: PolicyWanted): Promise<Preparation> {
  const { vc, signal } = context;
  const { name, description, tag, tagCategory: category } = policy;
  const common = {
    part: 'storage-policy',
    object: `storage policy ${name}`,
    what: 'rules',
    wanted: ruleText(category, [tag]),
    explain: 'Volumes and VMs with this policy are put on the datastores that have the tag.',
  } as const;
  const byHand = (found: string, why: string): Preparation => ({
    ...common,
    state: 'manual',
    found,
    explain: `${common.explain} ${why}`,
    steps: stepsFor(policy, found === 'not there' || found === 'not known'),
  });
  const found = await lookUp(context, name);
  if (found instanceof IngotError) return byHand('not known', `${found.message}.`);
  const refused = async () => {
    const wanted = [{ entity: vc.content.rootFolder, privileges: [UPDATE] }];
    return (await missingPrivileges(vc, wanted, { signal })).length > 0;
  };
  const noRight = `The account may not make or change policies: it lacks ${UPDATE} at the root of vCenter.`;
  if (found === undefined) {
    if (await refused()) return byHand('not there', noRight);
    const change = async (aborted: AbortSignal) =>
      void (await createStoragePolicy(vc, { name, description, category, tags: [tag] }, { signal: aborted }));
    return { ...common, state: 'missing', found: 'not there', change };
  }
  const has = rulesText(found);
  const note = `VSPHERE_STORAGE_POLICY_ID of ${name}: ${found.id}`;
  const [rule, ...more] = found.ruleSets?.length === 1 ? (found.ruleSets[0] ?? []) : [];
  const same = rule?.category === category && !rule.not && more.length === 0;
  if (same && rule.tags.length === 1 && rule.tags[0] === tag) return { ...common, state: 'right', found: has, note };
  if (!same) return { ...byHand(has, 'It has other rules, which somebody may rely on.'), note };
  if (await refused()) return { ...byHand(has, noRight), note };
  return {
    ...common,
    state: 'wrong',
    found: has,
    explain: `${common.explain} What has the policy already is checked against its new rule, and not moved.`,
    note,
    change: (aborted) => updateStoragePolicy(vc, found.id, { category, tags: [tag] }, { signal: aborted }),
  };
}

/** The policy, or why vCenter does not say whether it is there. */
async function lookUp({ vc, signal }: PrepareContext, name: string): Promise<StoragePolicy | IngotError | undefined> {
  try {
    return await findStoragePolicy(vc, name, { signal });
  } catch (error) {
    const unavailable = error instanceof IngotError && error.code === 'pbm.unavailable';
    // The service has a fault of its own for rights on policies, beside that of the vSphere API.
    const refused = isFault(error, 'NoPermission', 'PbmFaultNoPermission') && !isFault(error, 'NotAuthenticated');
    if (error instanceof IngotError && (unavailable || refused)) return error;
    throw error;
  }
}

function rulesText({ ruleSets }: StoragePolicy): string {
  if (ruleSets === undefined) return 'rules that are not about tags';
  return ruleSets
    .map((set) => set.map(({ category, tags, not }) => ruleText(category, tags, not)).join(' and '))
    .join('; or ');
}

function ruleText(category: string, tags: readonly string[], not = false): string {
  return `datastores ${not ? 'without' : 'with'} the tag ${tags.join(' or ')} of ${category}`;
}

/** How a person makes the policy, or mends it. Names of the vSphere Client 7 and 8. */
function stepsFor({ name, tag, tagCategory }: PolicyWanted, make: boolean): readonly string[] {
  const rules = `“Enable tag based placement rules”; tag category ${tagCategory}, “Use storage tagged with”, tag ${tag}`;
  const client = 'vSphere Client: Policies and Profiles > VM Storage Policies';
  if (!make) return [`${client} > ${name} > Edit: ${rules}; or give prepare.storagePolicy another name`];
  const words = ['-category', tagCategory, '-tag', tag, name].map(shellWord).join(' ');
  return [
    `With an account that has ${UPDATE} at the root of vCenter, if the policy is not there:`,
    `${client} > Create: name ${name}; ${rules}`,
    `or: govc storage.policy.create ${words}`,
  ];
}
