import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertFailed } from '../build/built.ts';
import { openSite } from '../build/site.ts';
import { startProxy } from '../vsphere/proxy.ts';

const site = await openSite();

test('a cluster without DRS: only a host that has the datastore will do', async (t) => {
  const proxy = await startProxy(site.lab.env.INGOT_VAR_vcenter ?? '');
  t.after(() => proxy.stop());
  proxy.rule = ({ method }) => {
    if (method !== 'RetrievePropertiesEx') return undefined;
    const elsewhere = (answer: string) =>
      answer.replace(/(<DatastoreHostMount[^>]*>\s*<key[^>]*>)host-\d+/g, '$1host-999');
    return { rewrite: elsewhere };
  };
  const vcenter = { server: proxy.server, caFile: proxy.caFile };
  assertFailed(await site.build(await site.image('nowhere', { vcenter })), {
    step: 'preflight',
    code: 'vsphere.no-host',
    message: /^expected a connected host in DC0_C0, which has no DRS, with LocalDS_0, VM Network; found none$/,
    remedy: /name a datastore and a network that one host has$/,
  });
  assert.equal(proxy.count('CreateVM_Task'), 0);
});
