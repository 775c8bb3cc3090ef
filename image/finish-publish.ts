import { resolve } from 'node:path';
import type { ParsedImage } from './schema/image.ts';

type Written = ParsedImage['publish'];
type WrittenCopy = Written['copies'][number];

/** A content library with the item that the template becomes there. */
export type LibraryItemWanted = Written['contentLibraries'][number] & {
  readonly item: string;
  /** Of a VM template: below the datacenter's vm folder. */
  readonly folder: string;
};

export type CopyWanted = Omit<WrittenCopy, 'name' | 'via' | 'item' | 'folder'> & {
  readonly name: string;
  readonly via: NonNullable<WrittenCopy['via']>;
  readonly item: string;
  readonly folder: string;
};

/** `publish:` with all its names; paths of this machine are absolute. */
export type OvfWanted = NonNullable<Written['ovf']> & { readonly name: string };

export type Publish = Omit<Written, 'contentLibraries' | 'copies' | 'ovf'> & {
  readonly contentLibraries: readonly LibraryItemWanted[];
  readonly copies: readonly CopyWanted[];
  readonly ovf: OvfWanted | undefined;
};

export function finishPublish({ name, publish, template, placement }: ParsedImage, directory: string): Publish {
  const named = template.name ?? name;
  const ownFolder = template.folder ?? placement.folder;
  const { latest, ovf, webhook } = publish;
  return {
    ...publish,
    contentLibraries: publish.contentLibraries.map((library) => ({
      ...library,
      item: library.item ?? defaultItem(library, { name: named, folder: ownFolder }),
      folder: library.folder ?? ownFolder,
    })),
    copies: publish.copies.map((copy) => ({
      ...copy,
      vcenter: copy.vcenter && { ...copy.vcenter, caFile: absolute(copy.vcenter.caFile, directory) },
      name: copy.name ?? named,
      item: copy.item ?? named,
      folder: copy.folder ?? '',
      via: copy.via ?? defaultVia(copy),
    })),
    ovf: ovf && { ...ovf, directory: resolve(directory, ovf.directory), name: ovf.name ?? fileName(named) },
    latest: latest && { ...latest, file: absolute(latest.file, directory) },
    webhook: webhook && { ...webhook, caFile: absolute(webhook.caFile, directory) },
  };
}

/** The name of a template as files can have it. */
function fileName(name: string): string {
  return (
    name
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 60) || 'template'
  );
}

/** A VM template has a name in the inventory, too, which in the template's own folder is taken. */
export function defaultItem(
  { type, folder }: { readonly type: string; readonly folder?: string | undefined },
  template: { readonly name: string; readonly folder: string },
): string {
  const beside = type === 'vm-template' && (folder ?? template.folder) === template.folder;
  return beside ? `${template.name.slice(0, 45)}-item` : template.name;
}

/** A clone never leaves its vCenter. */
export function defaultVia({ vcenter }: { readonly vcenter?: unknown }): 'clone' | 'export' {
  return vcenter === undefined ? 'clone' : 'export';
}

function absolute(path: string | undefined, directory: string): string | undefined {
  return path && resolve(directory, path);
}
