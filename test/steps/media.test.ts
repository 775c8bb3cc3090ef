import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertDone } from '../build/built.ts';
import { openSite } from '../build/site.ts';
import { startProxy } from '../vsphere/proxy.ts';

const site = await openSite();
const media = async () => (await site.govc('datastore.ls', 'ingot/media')).trim().split('\n').sort();

test('a partial upload that a killed build left days ago is removed, one of today stays', async () => {
  assertDone(await site.build(await site.image('sweep')));
  const [iso = ''] = (await media()).filter((name) => name.endsWith('.iso'));
  const url: string = JSON.parse(await site.govc('datastore.info', '-json', 'LocalDS_0')).datastores[0].info.url;
  for (const [name, days] of [
    ['old', 3],
    ['new', 0],
  ] as const) {
    const file = join(url.replace(/^ds:\/\//, ''), 'ingot/media', `${iso}.${name}.partial`);
    await writeFile(file, randomBytes(10));
    const time = Date.now() / 1000 - days * 86_400;
    await utimes(file, time, time);
  }
  await site.govc('datastore.rm', `ingot/media/${iso}`); // so that the next build uploads
  assertDone(await site.build(await site.image('sweep', { windows: { computerName: 'other' } })));
  const left = (await media()).filter((name) => name.endsWith('.partial'));
  assert.deepEqual(left, [`${iso}.new.partial`]);
});

test('a datastore without folders at its root (vSAN) gets a namespace first', async (t) => {
  const proxy = await startProxy(site.lab.env.INGOT_VAR_vcenter ?? '');
  t.after(() => proxy.stop());
  const answer =
    '<CreateDirectoryResponse xmlns="urn:vim25"><returnval>/vmfs/volumes/vsan:1/9a-uuid</returnval></CreateDirectoryResponse>';
  const envelope = `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>${answer}</soapenv:Body></soapenv:Envelope>`;
  proxy.rule = ({ method }) => {
    if (method === 'CreateDirectory') return { answer: { status: 200, body: envelope } };
    if (method !== 'RetrievePropertiesEx') return undefined;
    const none = (text: string) => text.replace(/(topLevelDirectoryCreateSupported<\/name><val[^>]*>)true/g, '$1false');
    return { rewrite: none };
  };
  const vcenter = { server: proxy.server, caFile: proxy.caFile };
  await site.govc('datastore.rm', '-f', 'ingot');
  assertDone(await site.build(await site.image('vsan', { vcenter })));
  assert.ok(proxy.count('CreateDirectory') > 0);
});
