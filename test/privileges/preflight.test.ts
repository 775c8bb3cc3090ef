import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { assertFailed } from '../build/built.ts';
import { openSite } from '../build/site.ts';
import { ingotHere } from '../cli/here.ts';
import { root } from '../cli/ingot.ts';
import { soapFault, startProxy } from '../vsphere/proxy.ts';

const site = await openSite();
const { lab, govc } = site;
await govc('folder.create', '/DC0/vm/masters', '/DC0/vm/templates');
await govc('pool.create', '/DC0/host/DC0_C0/Resources/builds');
await govc('datastore.mkdir', 'iso');
await govc('datastore.upload', join(root, 'package.json'), 'iso/tools.iso');
const changes = {
  placement: { folder: 'masters', resourcePool: 'builds' },
  template: { folder: 'templates' },
  smokeTest: { network: 'DC0_DVPG0' },
  media: { toolsIso: '[LocalDS_0] iso/tools.iso' },
};

const needed = z.object({
  needed: z.array(z.object({ privilege: z.string(), on: z.string(), objects: z.array(z.string()) })),
});

/** `privilege on path` of all that `ingot privileges` names. */
async function named(file: string): Promise<string[]> {
  const { stdout, stderr } = await ingotHere(['privileges', file, '--json'], lab.env);
  assert.notEqual(stdout, '', stderr);
  const all = needed.parse(JSON.parse(stdout)).needed;
  return [...new Set(all.flatMap(({ privilege, objects }) => objects.map((path) => `${privilege} on ${path}`)))].sort();
}

const proxy = await startProxy(lab.env.INGOT_VAR_vcenter ?? '');
after(() => proxy.stop());
const at = { vcenter: { server: proxy.server, caFile: proxy.caFile } };
const missing = (evidence: readonly string[]) => evidence.map((line) => line.replace(/ \(.*/, '')).sort();

test('all that is missing is named at once: each privilege of `ingot privileges`, with its object', async (t) => {
  t.after(() => {
    proxy.rule = () => undefined;
  });
  proxy.rule = ({ method }) =>
    method === 'HasPrivilegeOnEntities'
      ? { rewrite: (answer) => answer.replaceAll('<isGranted>true', '<isGranted>false') }
      : undefined;
  const file = await site.image('all', { ...changes, ...at });
  const built = await site.build(file);
  const { evidence = [] } = assertFailed(built, {
    step: 'preflight',
    code: 'vsphere.privileges',
    message: /to have all rights of a build, found \d+ missing$/,
    remedy: /ingot privileges prints the role and the permissions/,
  });
  assert.deepEqual(missing(evidence), await named(file));
  for (const line of [
    'VirtualMachine.Provisioning.MarkAsTemplate on /DC0/vm/templates (VM folder of the template; template: MarkAsTemplate)',
    'Network.Assign on /DC0/network/DC0_DVPG0 (network of the smoke test; smoke-test: CloneVM_Task)',
    'Resource.AssignVMToPool on /DC0/host/DC0_C0/Resources/builds (resource pool; create-vm: CreateVM_Task)',
  ])
    assert.ok(evidence.includes(line), `${line}\n${evidence.join('\n')}`);
});

test('an object that the account may not even read hides no other', async (t) => {
  t.after(() => {
    proxy.rule = () => undefined;
  });
  const pool = /ResourcePool:(\S+)/.exec(await govc('ls', '-i', '/DC0/host/DC0_C0/Resources/builds'))?.[1] ?? '';
  assert.notEqual(pool, '');
  proxy.rule = ({ method, body }) => {
    if (method !== 'HasPrivilegeOnEntities') return undefined;
    if (body.includes(`>${pool}<`))
      return { answer: soapFault('NoPermission', '<privilegeId>System.Read</privilegeId>') };
    return { rewrite: (answer) => answer.replace(/(<privId>Network\.Assign<\/privId><isGranted>)true/, '$1false') };
  };
  const built = await site.build(await site.image('unread', { ...changes, ...at }));
  const { evidence = [] } = assertFailed(built, {
    step: 'preflight',
    code: 'vsphere.privileges',
    message: /found \d+ missing$/,
    remedy: /./,
  });
  assert.deepEqual(
    missing(evidence).filter((line) => !line.startsWith('Network.Assign')),
    ['Resource.AssignVMToPool on /DC0/host/DC0_C0/Resources/builds'],
  );
  assert.ok(evidence.some((line) => line.startsWith('Network.Assign on /DC0/network/')));
});
