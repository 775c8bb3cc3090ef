import { defaultItem, defaultVia } from '../finish-publish.ts';
import type { Finding, Path } from '../problem.ts';
import { ATTRIBUTE_FACTS } from '../schema/publish.ts';
import type { Part, Rule } from './rule.ts';

type Publish = NonNullable<Part['publish']>;
type Libraries = NonNullable<Publish['contentLibraries']>;

export const publishing: Rule = ({ name, publish, template, placement }) => {
  if (publish === undefined) return [];
  const own = { name: template?.name ?? name ?? '', folder: template?.folder ?? placement?.folder ?? '' };
  return [
    ...(publish.contentLibraries ?? []).flatMap((library, index) =>
      library === undefined ? [] : libraryFindings(library, own, ['publish', 'contentLibraries', index]),
    ),
    ...sameItems(publish.contentLibraries ?? [], own),
    ...(publish.copies ?? []).flatMap((copy, index) =>
      copy === undefined ? [] : copyFindings(copy, ['publish', 'copies', index]),
    ),
    ...Object.entries(publish.attributes ?? {}).flatMap(([attribute, value]) =>
      value === undefined ? [] : placeholderFindings(value, ['publish', 'attributes', attribute]),
    ),
  ];
};

interface Own {
  readonly name: string;
  readonly folder: string;
}

function libraryFindings(library: NonNullable<Libraries[number]>, own: Own, path: Path): Finding[] {
  const { type, item, folder } = library;
  if (type === 'ovf') {
    return (['folder', 'datastore'] as const)
      .filter((key) => library[key] !== undefined)
      .map((key) => ({
        path: [...path, key],
        atKey: true,
        code: 'publish.library-field',
        expected: `no ${key} for an OVF item, whose files lie in the library`,
        found: key,
        remedy: `remove ${key}, or write type: vm-template`,
      }));
  }
  if (type === undefined || item !== own.name || (folder ?? own.folder) !== own.folder) return [];
  return [
    {
      path: [...path, 'item'],
      code: 'publish.item-name',
      expected: "a name that is free in the template's folder: a VM template item is a VM template of that name",
      found: item,
      remedy: 'write another name, leave it out, or name another folder',
    },
  ];
}

function sameItems(libraries: Libraries, own: Own): Finding[] {
  const seen = new Set<string>();
  return libraries.flatMap((library, index) => {
    if (library?.library === undefined) return [];
    const item = library.item ?? defaultItem({ type: library.type ?? '', folder: library.folder }, own);
    const key = JSON.stringify([library.library, item]);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [
      {
        path: ['publish', 'contentLibraries', index],
        code: 'publish.same-item',
        expected: 'each item once',
        found: `${item} in ${library.library} again`,
        remedy: 'remove one, or give it another item',
      },
    ];
  });
}

function copyFindings(copy: NonNullable<NonNullable<Publish['copies']>[number]>, path: Path): Finding[] {
  const { vcenter, network, library } = copy;
  const via = copy.via ?? defaultVia(copy);
  const finding = (code: string, key: string, expected: string, found: string, remedy: string): Finding => ({
    path: [...path, key],
    code,
    expected,
    found,
    remedy,
  });
  const findings: Finding[] = [];
  if (via === 'clone' && vcenter !== undefined)
    findings.push(
      finding(
        'publish.copy-via',
        'via',
        'via: export or content-library to another vCenter',
        'clone',
        'write one of them, or remove vcenter',
      ),
    );
  if (via === 'export' && network === undefined)
    findings.push(
      finding(
        'publish.copy-network',
        'network',
        'the network of the copy, which an import maps',
        'none',
        'name a network of that vCenter',
      ),
    );
  if (via === 'content-library' && library === undefined)
    findings.push(
      finding(
        'publish.copy-library',
        'library',
        'the content library that the copy is deployed from',
        'none',
        'name a library of that vCenter',
      ),
    );
  if (via !== 'content-library' && (library !== undefined || copy.item !== undefined))
    findings.push(
      finding(
        'publish.copy-library',
        library === undefined ? 'item' : 'library',
        'no library without via: content-library',
        library ?? String(copy.item),
        'remove it, or write via: content-library',
      ),
    );
  if (vcenter?.insecure === true && (vcenter.caFile ?? vcenter.thumbprint) !== undefined)
    findings.push(
      finding(
        'publish.copy-trust',
        'vcenter',
        'insecure: false beside caFile or thumbprint',
        'true, which accepts any certificate',
        'remove insecure',
      ),
    );
  return findings;
}

function placeholderFindings(value: string, path: Path): Finding[] {
  const facts: readonly string[] = ATTRIBUTE_FACTS;
  const unknown = [...value.matchAll(/\{([^{}]*)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !facts.includes(name));
  return unknown.map((name) => ({
    path,
    code: 'publish.attribute-fact',
    expected: `one of ${facts.map((fact) => `{${fact}}`).join(', ')}`,
    found: `{${name}}`,
    remedy: 'write one of them, or leave out the braces',
  }));
}
