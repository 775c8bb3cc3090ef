import type { IncomingMessage, ServerResponse } from 'node:http';
import { writeConfig } from '../saved-config.ts';
import { type Moref, reference } from '../vcsim/soap.ts';
import type { ProxyContext } from './call.ts';
import { stateOf } from './methods/snapshot.ts';

const ITEMS = /^\/rest\/vcenter\/vm-template\/library-items(?:\/([^/?]+)\?action=deploy)?$/;

/** Whether a request makes a VM template item or deploys one. */
export function isDeployment({ method, url = '' }: IncomingMessage): boolean {
  return method === 'POST' && ITEMS.test(url);
}

/**
 * Deploying a VM template item gives a VM (vSphere Automation API, vm-template library-items deploy); vcsim gives another
 * template. That is made a VM before the client is answered, with the disk and the configuration that the item was made of.
 */
export async function routeDeployment(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  lab: ProxyContext,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks).toString('utf8');
  const answer = await lab.upstream.call(incoming, body);
  const vm = textOf(answer.body, 'value');
  const [, item] = ITEMS.exec(incoming.url ?? '') ?? [];
  const source = /"source_vm" *: *"([^"]+)"/.exec(body)?.[1];
  if (answer.status < 300 && vm !== undefined && item === undefined && source !== undefined)
    lab.machines.libraryItems.set(vm, await stateOf(lab.machines.of(vmRef(source)), undefined, lab));
  const pool = /"resource_pool" *: *"([^"]+)"/.exec(body)?.[1];
  if (answer.status < 300 && vm !== undefined && item !== undefined && pool !== undefined) {
    const made = vmRef(vm);
    await lab.vcsim.call('MarkAsVirtualMachine', made, reference('pool', { type: 'ResourcePool', value: pool }));
    const held = lab.machines.libraryItems.get(item);
    if (held !== undefined) {
      lab.machines.of(made).disk = held.disk.clone();
      const description = /"description" *: *"([^"\\]*)"/.exec(body)?.[1];
      const annotation = description ?? held.config.annotation;
      await writeConfig(lab.vcsim, made, { ...held.config, annotation });
    }
  }
  const { 'content-type': type = 'application/json' } = answer.headers;
  outgoing.writeHead(answer.status, { 'content-type': type, 'content-length': Buffer.byteLength(answer.body) });
  outgoing.end(answer.body);
}

const vmRef = (value: string): Moref => ({ type: 'VirtualMachine', value });

function textOf(json: string, member: string): string | undefined {
  try {
    const { [member]: value }: Record<string, unknown> = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
