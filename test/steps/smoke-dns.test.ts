import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { sealedDnsSchema } from '../../handover/sealed-facts.ts';
import { loadText } from '../../image/index.ts';
import { clusterNames, judgeClonesDns } from '../../steps/smoke/dns.ts';
import { sample } from '../cli/ingot.ts';

const openshift = { clusterName: 'mycluster', baseDomain: 'example.com' };
const [api, apiInt] = ['api.mycluster.example.com', 'api-int.mycluster.example.com'];

async function imageWith(changes: Readonly<Record<string, unknown>>) {
  const { image } = loadText(sample, JSON.stringify({ ...parse(await readFile(sample, 'utf8')), ...changes }), {
    env: {},
  });
  assert.ok(image);
  return image;
}

const connected = await imageWith({ smokeTest: { network: 'nodes' }, handover: { openshift } });
const none = { addresses: [], chain: [], error: '' };

test('a clone asks only where the cluster is named and the clone is connected', async () => {
  assert.deepEqual(clusterNames(connected), { api, apiInt });
  for (const changes of [
    { handover: { openshift } },
    { smokeTest: { network: 'nodes' } },
    { smokeTest: { network: 'nodes' }, handover: { openshift: { clusterName: 'mycluster' } } },
  ]) {
    const image = await imageWith(changes);
    assert.equal(clusterNames(image), undefined);
    assert.equal(judgeClonesDns(image, { dns: [] }), undefined);
  }
});

test('the same addresses are proof; what is sealed is what its reader takes', () => {
  const dns = [
    { ...none, name: api, addresses: ['192.0.2.6', '2001:db8::6'] },
    { ...none, name: apiInt, addresses: ['2001:db8::6', '192.0.2.6'], chain: [api] },
  ];
  const told = judgeClonesDns(connected, { dns });
  assert.deepEqual(told?.proof, [`DNS in nodes: ${apiInt} has the addresses of ${api}: 192.0.2.6, 2001:db8::6`]);
  assert.equal(told?.warning, undefined);
  assert.deepEqual(sealedDnsSchema.parse(told?.sealed), told?.sealed);
  assert.deepEqual(
    told?.sealed.answers.map(({ chain, error }) => ({ chain, error })),
    [
      { chain: [], error: undefined },
      { chain: [api], error: undefined },
    ],
  );
});

for (const [what, answer, warning] of [
  ['no such name', { ...none, error: 'DNS_ERROR_RCODE_NAME_ERROR' }, /no such name.*\(dns\.missing\).*IN CNAME api\./],
  ['no records', none, /neither A nor AAAA \(dns\.missing\)/],
  ['other addresses', { ...none, addresses: ['192.0.2.99'] }, /192\.0\.2\.99 of its own \(dns\.differs\)/],
  ['no answer', { ...none, error: 'ERROR_TIMEOUT' }, /no answer in time \(dns\.unanswered\)/],
  ['SERVFAIL', { ...none, error: 'DNS_ERROR_RCODE_SERVER_FAILURE' }, /SERVFAIL.*\(dns\.unanswered\)/],
  ['no DNS server', { ...none, error: 'DNS_ERROR_NO_DNS_SERVERS' }, /no DNS server \(dns\.unanswered\)/],
  ['something else', { ...none, error: 'WSAEAFNOSUPPORT' }, /no proper answer \(WSAEAFNOSUPPORT\) \(dns\.unanswered\)/],
] as const) {
  test(`a warning, and no proof: ${what}`, () => {
    const dns = [
      { ...none, name: api, addresses: ['192.0.2.6'] },
      { ...answer, name: apiInt },
    ].map(({ addresses, chain, ...rest }) => ({ ...rest, addresses: [...addresses], chain: [...chain] }));
    const told = judgeClonesDns(connected, { dns });
    assert.match(told?.warning ?? '', /^DNS in nodes: /);
    assert.match(told?.warning ?? '', warning);
    assert.deepEqual(told?.proof, []);
  });
}

test('a clone that does not say all of it', () => {
  const told = judgeClonesDns(connected, { dns: [{ ...none, name: api, addresses: ['192.0.2.6'] }] });
  assert.match(told?.warning ?? '', /the clone did not say what api-int\.mycluster\.example\.com is/);
});
