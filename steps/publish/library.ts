import { IngotError } from '../../common/failure.ts';
import { Problems } from '../../common/problems.ts';
import type { LibraryItemWanted } from '../../image/finish-publish.ts';
import type { Image } from '../../image/index.ts';
import type { Vsphere } from '../../vsphere/connect.ts';
import { inventoryPath } from '../../vsphere/inventory-path.ts';
import { findLibrary, type Library } from '../../vsphere/library.ts';
import { vmTemplateOf } from '../../vsphere/library-templates.ts';
import { missingPrivileges } from '../../vsphere/privileges.ts';
import { type Ref, ref } from '../../vsphere/values.ts';
import { currentItem, type LibrarySite, type OwnItem } from './library-item.ts';
import { publishOvfItem } from './library-ovf.ts';
import { datastoreOf, folderOf, publishVmTemplateItem } from './library-vm-template.ts';
import { sameTemplate } from './mark.ts';
import type { CheckContext, Mark, PublishContext, Published, PublishTarget } from './target.ts';

/** The template as an item of a content library. */
export function libraryTarget(image: Image, index: number, wanted: LibraryItemWanted): PublishTarget {
  const { library, item, type } = wanted;
  return {
    field: `publish.contentLibraries[${index}]`,
    what: `content library ${library}: item ${item} (${kindOf(wanted)}), ${wanted.keep} earlier kept`,
    // A copy of the old version, and the new one.
    exclusive: type === 'ovf',
    timeoutMs: 2 * image.timeouts.clone + image.timeouts.task,
    async check(context) {
      const site = await siteOf(wanted, context);
      const problems = new Problems();
      problems.add(...wrongLibrary(site.library, wanted));
      await problems.gather(() => currentItem(site, image.name));
      if (type === 'vm-template') {
        await problems.gather(() => folderOf(site, context));
        await problems.gather(() => datastoreOf(site, context));
      }
      problems.throwIfAny();
      await warnOfRights(context, site);
    },
    async publish(context) {
      const site = await siteOf(wanted, context);
      const found = await currentItem(site, image.name);
      if (found !== undefined && sameTemplate(found.mark, context.mark)) return told(site, context, found, false);
      const [wrong] = wrongLibrary(site.library, wanted);
      if (wrong !== undefined) throw wrong;
      await (type === 'ovf' ? publishOvfItem(site, context) : publishVmTemplateItem(site, context));
      return told(site, context, await readBack(site, context.mark), true);
    },
  };
}

const kindOf = ({ type }: LibraryItemWanted): string => (type === 'ovf' ? 'OVF' : 'VM template');

async function siteOf(wanted: LibraryItemWanted, { center, signal }: CheckContext): Promise<LibrarySite> {
  const rest = await center.vc.rest();
  return { rest, library: await findLibrary(rest, wanted.library, { signal }), wanted, signal };
}

/** What cannot be published to, and what to do instead. */
function wrongLibrary({ name, type, datastores }: Library, wanted: LibraryItemWanted): IngotError[] {
  if (type !== 'LOCAL') {
    return [
      new IngotError(
        'publish.library-subscribed',
        `expected ${name} to be a local content library, found a ${type.toLowerCase()} one: what is in it comes from the library that it is subscribed to`,
        {
          remedy:
            'publish to that library, in the vCenter that has it, and let this one synchronise; or name a local library',
        },
      ),
    ];
  }
  if (wanted.type === 'vm-template' && datastores.length === 0) {
    return [
      new IngotError(
        'publish.library-storage',
        `expected ${name} to be on a datastore, found it on a file share, which holds no VM templates`,
        { remedy: 'write type: ovf, or name a library that is on a datastore' },
      ),
    ];
  }
  return [];
}

/**
 * Libraries lie below the global root and not in the inventory: global permissions count there, which vCenter only shows
 * as they reach its own root. So what is missing is a warning: a permission of its own on that root hides a global one.
 */
async function warnOfRights(context: CheckContext, site: LibrarySite) {
  const { center, image, signal, warn } = context;
  const { library, type } = site.wanted;
  const { templateFolder } = await center.placement(signal);
  const own = ['ContentLibrary.AddLibraryItem', 'ContentLibrary.UpdateLibraryItem', 'ContentLibrary.DeleteLibraryItem'];
  const source = type === 'ovf' ? 'VApp.Export' : 'VirtualMachine.Provisioning.CloneTemplate';
  // A VM template comes, goes and is renamed with its item.
  const made = ['Inventory.CreateFromExisting', 'Inventory.Delete', 'Config.Rename'].map(
    (id) => `VirtualMachine.${id}`,
  );
  const missing = await missingPrivileges(
    center.vc,
    [
      { entity: center.vc.content.rootFolder, privileges: own },
      { entity: templateFolder, privileges: [source] },
      ...(type === 'ovf' ? [] : [{ entity: ref('Folder', await folderOf(site, context)), privileges: made }]),
    ],
    { signal },
  );
  if (missing.length === 0) return;
  const names = missing.map(({ privilege }) => privilege).join(', ');
  warn(
    `publishing to the content library ${library} may be refused: ${image.vcenter.username} seems to lack ${names}; rights on libraries are given as global permissions`,
  );
}

async function readBack(site: LibrarySite, mark: Mark): Promise<OwnItem> {
  const { library, wanted } = site;
  const found = await currentItem(site, mark.image);
  if (found !== undefined && sameTemplate(found.mark, mark)) return found;
  throw new IngotError(
    'publish.read-back',
    `expected the item ${wanted.item} of ${library.name} to be of build ${mark.build}, found ${found === undefined ? 'none' : `build ${found.mark.build}`}`,
    { remedy: 'somebody changed it at this moment: build again, only publishing runs' },
  );
}

async function told(
  { rest, library, wanted, signal }: LibrarySite,
  { mark, center }: PublishContext,
  { id, name, type, contentVersion }: OwnItem,
  changed: boolean,
): Promise<Published> {
  const version = contentVersion === '' ? '' : `, version ${contentVersion}`;
  const where = `content library ${library.name}: ${name} (${kindOf(wanted)}${version})`;
  const vm = wanted.type === 'ovf' ? undefined : await vmTemplateOf(rest, id, { signal });
  const behind = vm === undefined ? [] : [await proofOf(center.vc, vm, signal)];
  const facts = { kind: 'content-library', library: library.name, libraryId: library.id, item: name, itemId: id, type };
  return {
    where,
    changed,
    proof: [`${where}, item ${id}, is of build ${mark.build}`, ...behind],
    facts: { ...facts, moRef: vm === undefined ? null : `VirtualMachine:${vm.value}` },
  };
}

/** The VM template behind an item, as it is in the inventory. */
async function proofOf(vc: Vsphere, vm: Ref<'VirtualMachine'>, signal: AbortSignal): Promise<string> {
  const [path, values] = await Promise.all([
    inventoryPath(vc, vm, { signal }),
    vc.read(vm, ['config.template', 'runtime.powerState'], { signal }),
  ]);
  if (values['config.template'] === true && values['runtime.powerState'] === 'poweredOff')
    return `${path} (${vm.value}) is its VM template, powered off`;
  throw new IngotError('publish.read-back', `expected ${path} to be a template that is off, found otherwise`, {
    evidence: [`template: ${values['config.template']}, ${values['runtime.powerState']}`],
    remedy: 'somebody checked it out or converted it: delete the library item, and build again',
  });
}
