import { IngotError } from '../common/failure.ts';
import type { Vsphere } from './connect.ts';
import { callPbm, type Element } from './pbm-soap.ts';
import type { XmlNode } from './xml.ts';
import { child } from './xml.ts';

/** What datastores must have to satisfy a policy. */
export interface TagRule {
  readonly category: string;
  /** One of them is enough. */
  readonly tags: readonly string[];
  /** Operator `NOT`: none of them. */
  readonly not: boolean;
}

/** A VM storage policy of the category REQUIREMENT: one that VMs and volumes are given. */
export interface StoragePolicy {
  /** `VSPHERE_STORAGE_POLICY_ID` of Tanzu: a UUID. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /**
   * Its rule sets, one of which a datastore must satisfy, each with all of its rules; undefined where the policy has
   * rules that are not about tags.
   */
  readonly ruleSets: readonly (readonly TagRule[])[] | undefined;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

const TAG_NAMESPACE = 'http://www.vmware.com/storage/tag';

/** All VM storage policies that the account may see (StorageProfile.View); two requests. */
export async function listStoragePolicies(vc: Vsphere, { signal }: Options = {}): Promise<readonly StoragePolicy[]> {
  const manager = await profileManager(vc, signal);
  const query = [manager, RESOURCE, { name: 'profileCategory', content: 'REQUIREMENT' }];
  const ids = (await callPbm(vc, 'PbmQueryProfile', query, signal)).map((node) => textOf(node, 'uniqueId'));
  // PbmRetrieveContent refuses an empty list.
  if (ids.length === 0) return [];
  const wanted = ids.map((id): Element => ({ name: 'profileIds', content: [{ name: 'uniqueId', content: id }] }));
  return (await callPbm(vc, 'PbmRetrieveContent', [manager, ...wanted], signal)).map(policyOf);
}

/** The VM storage policy of a name; names are unique. Throws `pbm.unavailable`, VsphereFault. */
export async function findStoragePolicy(
  vc: Vsphere,
  name: string,
  options: Options = {},
): Promise<StoragePolicy | undefined> {
  return (await listStoragePolicies(vc, options)).find((policy) => policy.name === name);
}

/** Makes a policy that datastores with a tag satisfy; returns its id. Needs StorageProfile.Update at the root. */
export async function createStoragePolicy(
  vc: Vsphere,
  { name, description, category, tags }: TagPolicy,
  { signal }: Options = {},
): Promise<string> {
  const content: Element[] = [
    { name: 'name', content: name },
    ...(description === '' ? [] : [{ name: 'description', content: description }]),
    { name: 'category', content: 'REQUIREMENT' },
    RESOURCE,
    constraints(category, tags),
  ];
  const spec: Element = { name: 'createSpec', content };
  const [answer] = await callPbm(vc, 'PbmCreate', [await profileManager(vc, signal), spec], signal);
  const id = textOf(answer, 'uniqueId');
  if (id !== '') return id;
  throw new IngotError('vsphere.answer', 'expected the id of the new storage policy from vCenter, found none');
}

/** Gives a policy other rules: datastores with one of these tags satisfy it. Needs StorageProfile.Update. */
export async function updateStoragePolicy(
  vc: Vsphere,
  id: string,
  { category, tags }: Pick<TagPolicy, 'category' | 'tags'>,
  { signal }: Options = {},
): Promise<void> {
  const profile: Element = { name: 'profileId', content: [{ name: 'uniqueId', content: id }] };
  const spec: Element = { name: 'updateSpec', content: [constraints(category, tags)] };
  await callPbm(vc, 'PbmUpdate', [await profileManager(vc, signal), profile, spec], signal);
}

/** A policy by tags of one category. */
export interface TagPolicy {
  readonly name: string;
  readonly description: string;
  readonly category: string;
  /** One of them is enough. */
  readonly tags: readonly string[];
}

const RESOURCE: Element = { name: 'resourceType', content: [{ name: 'resourceType', content: 'STORAGE' }] };

async function profileManager(vc: Vsphere, signal: AbortSignal | undefined): Promise<Element> {
  const service = { name: '_this', attributes: { type: 'PbmServiceInstance' }, content: 'ServiceInstance' };
  const [content] = await callPbm(vc, 'PbmRetrieveServiceContent', [service], signal);
  const manager = child(content, 'profileManager');
  if (manager === undefined)
    throw new IngotError('vsphere.answer', 'expected a profile manager from the storage policy service, found none');
  const { type = 'PbmProfileProfileManager' } = manager.attributes;
  return { name: '_this', attributes: { type }, content: manager.text };
}

/**
 * One rule set with one rule, as the vSphere Client writes “tag based placement”: the capability is the category, its
 * property `com.vmware.storage.tag.<category>.property`, its value the set of tag names.
 */
function constraints(category: string, tags: readonly string[]): Element {
  const value: Element = {
    name: 'value',
    type: 'PbmCapabilityDiscreteSet',
    content: tags.map((tag) => ({ name: 'values', type: 'xsd:string', content: tag })),
  };
  const property = [{ name: 'id', content: propertyOf(category) }, value];
  const id = [
    { name: 'namespace', content: TAG_NAMESPACE },
    { name: 'id', content: category },
  ];
  const capability = [
    { name: 'id', content: id },
    { name: 'constraint', content: [{ name: 'propertyInstance', content: property }] },
  ];
  const rules = [
    { name: 'name', content: 'Tag based placement' },
    { name: 'capability', content: capability },
  ];
  return {
    name: 'constraints',
    type: 'PbmCapabilitySubProfileConstraints',
    content: [{ name: 'subProfiles', content: rules }],
  };
}

function propertyOf(category: string): string {
  return `com.vmware.storage.tag.${category}.property`;
}

function policyOf(node: XmlNode): StoragePolicy {
  const sets = all(child(node, 'constraints'), 'subProfiles').map((set) => all(set, 'capability').map(ruleOf));
  const known = sets.map((set) => set.filter((rule) => rule !== undefined));
  const plain = sets.length > 0 && known.every((set, index) => set.length === sets[index]?.length);
  return {
    id: textOf(child(node, 'profileId'), 'uniqueId'),
    name: textOf(node, 'name'),
    description: textOf(node, 'description'),
    ruleSets: plain ? known : undefined,
  };
}

/** A capability as a rule about tags; undefined if it is another. */
function ruleOf(capability: XmlNode): TagRule | undefined {
  const id = child(capability, 'id');
  const instances = all(capability, 'constraint').flatMap((constraint) => all(constraint, 'propertyInstance'));
  const [instance, ...more] = instances;
  if (textOf(id, 'namespace') !== TAG_NAMESPACE || instance === undefined || more.length > 0) return undefined;
  const value = child(instance, 'value');
  const values = all(value, 'values').map(({ text }) => text);
  return {
    category: textOf(id, 'id'),
    // A single value need not stand in a set.
    tags: values.length === 0 && value !== undefined ? [value.text] : values,
    not: textOf(instance, 'operator') === 'NOT',
  };
}

function all(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  return node?.children.filter((item) => item.name === name) ?? [];
}

function textOf(node: XmlNode | undefined, name: string): string {
  return child(node, name)?.text ?? '';
}
