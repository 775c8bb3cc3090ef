import { IngotError } from '../common/failure.ts';
import type { LibraryOptions } from './library.ts';
import { addressOf } from './library.ts';
import type { Rest, RestAddress } from './rest.ts';
import { objectOf } from './rest-errors.ts';
import type { Ref } from './values.ts';

/** A VM template item, and where its VM templates are made and deployed. */
const VM_TEMPLATE: RestAddress = {
  api: '/vcenter/vm-template/library-items',
  rest: '/vcenter/vm-template/library-items',
};
const OVF: RestAddress = { api: '/vcenter/ovf/library-item', rest: '/com/vmware/vcenter/ovf/library-item' };

export interface CaptureOptions extends LibraryOptions {
  /** Milliseconds: vCenter answers when the disks are copied. */
  readonly answerMs: number;
}

/** Where a VM template, or what is deployed, lies; MoRef values. */
export interface ItemPlacement {
  readonly folder: string;
  readonly resource_pool?: string;
  readonly cluster?: string;
  readonly host?: string;
}

/**
 * Captures a VM or template as an OVF package: as a new item of a library, or as the new content of an item that is
 * there. The item's name and description stay as they were then. Returns the item's id.
 *
 * @throws IngotError `library.capture` with what vCenter says of it
 */
export async function captureOvf(
  rest: Rest,
  source: Ref<'VirtualMachine'>,
  target: { readonly library: string; readonly item?: string | undefined },
  spec: { readonly name: string; readonly description: string },
  { clientToken, ...options }: CaptureOptions & { readonly clientToken: string },
): Promise<string> {
  const { library, item } = target;
  const body = {
    source: { type: source.type, id: source.value },
    // The library is asked for in both cases.
    target: item === undefined ? { library_id: library } : { library_id: library, library_item_id: item },
    create_spec: spec,
  };
  const answer = objectOf(await rest.call('POST', OVF, { ...options, body, clientToken }));
  if (answer.succeeded === false) throw failed('library.capture', `capturing ${source.value} as an OVF item`, answer);
  return typeof answer.ovf_library_item_id === 'string' ? answer.ovf_library_item_id : (item ?? '');
}

/** Clones a VM or template to a new VM template and item of one name. Returns the item's id. */
export async function createVmTemplateItem(
  rest: Rest,
  spec: {
    readonly source_vm: string;
    readonly library: string;
    readonly name: string;
    readonly description: string;
    readonly placement: ItemPlacement;
    readonly disk_storage?: { readonly datastore: string } | undefined;
    readonly vm_home_storage?: { readonly datastore: string } | undefined;
  },
  options: CaptureOptions,
): Promise<string> {
  const answer = await rest.call('POST', VM_TEMPLATE, { ...options, body: spec, parameter: 'spec' });
  if (typeof answer === 'string') return answer;
  throw new IngotError('vsphere.answer', 'expected the id of the VM template item, found none');
}

/** The VM template behind a VM template item; undefined where the server does not say. */
export async function vmTemplateOf(
  rest: Rest,
  item: string,
  options: LibraryOptions = {},
): Promise<Ref<'VirtualMachine'> | undefined> {
  const id = encodeURIComponent(item);
  const address = { api: `${VM_TEMPLATE.api}/${id}`, rest: `${VM_TEMPLATE.rest}/${id}` };
  const { vm_template: value } = objectOf(await rest.call('GET', address, options));
  return typeof value === 'string' && value !== '' ? { type: 'VirtualMachine', value } : undefined;
}

export interface Deployment {
  readonly name: string;
  readonly folder: Ref<'Folder'>;
  readonly pool: Ref;
  readonly host?: Ref<'HostSystem'> | undefined;
  readonly datastore: Ref<'Datastore'>;
  /** Of the VM; left out: the item's. */
  readonly description?: string | undefined;
}

/** Deploys an item of either kind as a VM that stays off. @throws IngotError `library.deploy` */
export async function deployItem(
  rest: Rest,
  item: { readonly id: string; readonly type: string },
  to: Deployment,
  options: CaptureOptions,
): Promise<Ref<'VirtualMachine'>> {
  const id =
    item.type === 'vm-template'
      ? await deployTemplate(rest, item.id, to, options)
      : await deployOvf(rest, item.id, to, options);
  if (id !== undefined) return { type: 'VirtualMachine', value: id };
  throw new IngotError('vsphere.answer', `expected the VM that ${to.name} was deployed as, found none`);
}

async function deployTemplate(rest: Rest, id: string, to: Deployment, options: CaptureOptions) {
  const storage = { datastore: to.datastore.value };
  const address = { api: `${VM_TEMPLATE.api}/${id}?action=deploy`, rest: `${VM_TEMPLATE.rest}/${id}?action=deploy` };
  const placement = {
    folder: to.folder.value,
    resource_pool: to.pool.value,
    ...(to.host === undefined ? {} : { host: to.host.value }),
  };
  const { name, description } = to;
  const said = description === undefined ? {} : { description };
  const body = { name, ...said, placement, disk_storage: storage, vm_home_storage: storage, powered_on: false };
  const answer = await rest.call('POST', address, { ...options, body, parameter: 'spec' });
  return typeof answer === 'string' ? answer : undefined;
}

async function deployOvf(rest: Rest, id: string, to: Deployment, options: CaptureOptions) {
  const body = {
    target: {
      resource_pool_id: to.pool.value,
      folder_id: to.folder.value,
      ...(to.host === undefined ? {} : { host_id: to.host.value }),
    },
    deployment_spec: {
      name: to.name,
      ...(to.description === undefined ? {} : { annotation: to.description }),
      accept_all_EULA: true,
      default_datastore_id: to.datastore.value,
      storage_provisioning: 'thin',
    },
  };
  const answer = objectOf(await rest.call('POST', addressOf(OVF, id, 'deploy'), { ...options, body }));
  if (answer.succeeded !== true) throw failed('library.deploy', `deploying ${to.name} from the library`, answer);
  const value = objectOf(answer.resource_id).id;
  return typeof value === 'string' ? value : undefined;
}

/** What `succeeded: false` comes with: the call itself was HTTP 200. */
function failed(code: string, what: string, { error }: Readonly<Record<string, unknown>>): IngotError {
  const { errors } = objectOf(error);
  return new IngotError(code, `${what}: vCenter says that it did not succeed`, {
    evidence: (Array.isArray(errors) ? errors : []).flatMap(reasonsOf),
    remedy: 'Look at the task in vCenter: at the space of the datastore, and at the rights of the account.',
  });
}

function reasonsOf(entry: unknown): string[] {
  const { message, error } = objectOf(entry);
  const { messages } = objectOf(error);
  return [message, ...(Array.isArray(messages) ? messages : [])]
    .map((one) => objectOf(one).default_message)
    .filter((text): text is string => typeof text === 'string');
}
