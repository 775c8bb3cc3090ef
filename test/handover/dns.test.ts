import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { apiNames } from '../../handover/dns.ts';
import { type DnsView, viewFromHere } from '../../handover/dns-check.ts';
import { freePort, startDnsmasq, startFailing, startSilent } from './dnsmasq.ts';
import { openHandoverSite, sealed } from './site.ts';

const host = (cluster: string, name: string, ...addresses: string[]) =>
  addresses.map((address) => `--host-record=${name}.${cluster}.example.com,${address}`);
const cname = (cluster: string, name: string, target: string) => [`--cname=${name}.${cluster}.example.com,${target}`];

const [site, server, silent, servfail, refused, unused] = await Promise.all([
  openHandoverSite(),
  startDnsmasq(
    '--local=/example.com/',
    ...host('good', 'api', '192.0.2.6', '2001:db8::6'),
    ...cname('good', 'api-int', 'api.good.example.com'),
    ...host('records', 'api', '192.0.2.6', '2001:db8::6'),
    ...host('records', 'api-int', '192.0.2.6', '2001:db8::6'),
    ...host('long', 'api', '192.0.2.7'),
    ...cname('long', 'api-int', 'alias.long.example.com'),
    ...cname('long', 'alias', 'api.long.example.com'),
    ...host('absent', 'api', '192.0.2.6', '2001:db8::6'),
    ...host('other', 'api', '192.0.2.6'),
    ...host('other', 'api-int', '192.0.2.99'),
    ...host('half', 'api', '192.0.2.6', '2001:db8::6'),
    ...host('half', 'api-int', '192.0.2.6'),
    ...host('more', 'api', '192.0.2.6'),
    ...host('more', 'api-int', '192.0.2.6'),
    '--host-record=api-int.more.example.com,192.0.2.98',
    ...host('astray', 'api', '192.0.2.6'),
    ...host('astray', 'old', '192.0.2.1'),
    ...cname('astray', 'api-int', 'old.astray.example.com'),
    ...host('empty', 'api', '192.0.2.6'),
    '--txt-record=api-int.empty.example.com,nothing',
  ),
  startSilent(),
  startFailing(2),
  startFailing(5),
  freePort(),
]);

const ask = (cluster: string, at = server, timeoutMs = 3000): Promise<DnsView> =>
  viewFromHere(apiNames(cluster, 'example.com'), { servers: [at], timeoutMs, signal: new AbortController().signal });

const both = ['192.0.2.6', '2001:db8::6'];

suite('from here', () => {
  test('a CNAME, a chain of them, or the same records: right', async () => {
    for (const [cluster, addresses, chain] of [
      ['good', both, ['api.good.example.com']],
      ['records', both, []],
      ['long', ['192.0.2.7'], ['alias.long.example.com', 'api.long.example.com']],
    ] as const) {
      const { api, apiInt, verdict } = await ask(cluster);
      assert.deepEqual(api, { name: `api.${cluster}.example.com`, chain: [], addresses, trouble: undefined });
      assert.deepEqual(apiInt, { name: `api-int.${cluster}.example.com`, chain, addresses, trouble: undefined });
      assert.equal(verdict.state, 'right');
      assert.deepEqual(verdict.records, []);
    }
  });

  for (const [cluster, code, records, message] of [
    [
      'absent',
      'dns.missing',
      ['CNAME api.absent.example.com.', 'A 192.0.2.6', 'AAAA 2001:db8::6'],
      /found no such name \(NXDOMAIN\)$/,
    ],
    ['empty', 'dns.missing', ['CNAME api.empty.example.com.', 'A 192.0.2.6'], /found neither A nor AAAA$/],
    [
      'other',
      'dns.differs',
      ['CNAME api.other.example.com.', 'A 192.0.2.6'],
      /192\.0\.2\.6 missing and 192\.0\.2\.99 of/,
    ],
    ['half', 'dns.differs', ['CNAME api.half.example.com.', 'AAAA 2001:db8::6'], /found 2001:db8::6 missing$/],
    ['more', 'dns.differs', ['CNAME api.more.example.com.'], /found 192\.0\.2\.98 of its own$/],
    ['astray', 'dns.differs', ['CNAME api.astray.example.com.'], /192\.0\.2\.1 of its own$/],
    ['unknown', 'dns.api', [], /^expected addresses of api\.unknown\.example\.com, found no such name/],
  ] as const) {
    test(`${code}: ${cluster}`, async () => {
      const { verdict } = await ask(cluster);
      assert.equal(verdict.state, 'wrong');
      assert.equal(verdict.code, code);
      assert.match(verdict.message, message);
      assert.deepEqual(
        verdict.records,
        records.map((record) => `api-int.${cluster}.example.com. IN ${record}`),
      );
      assert.ok(verdict.remedy);
    });
  }

  test('a CNAME that leads elsewhere is named', async () => {
    const { verdict } = await ask('astray');
    assert.match(verdict.remedy ?? '', /lead to api\.astray\.example\.com instead of old\.astray\.example\.com$/);
  });

  for (const [name, at, kind] of [
    ['SERVFAIL', servfail, 'server-failure'],
    ['REFUSED', refused, 'refused'],
    ['no answer', silent, 'timeout'],
    ['nobody there', `127.0.0.1:${unused}`, 'unreachable'],
  ] as const) {
    test(`no verdict without answers: ${name}`, async () => {
      const { api, verdict } = await ask('good', at, 600);
      assert.equal(api.trouble?.kind, kind);
      assert.equal(verdict.state, 'unanswered');
      assert.match(verdict.remedy ?? '', /--server/);
    });
  }
});

/** What a build recorded of the clone's network. */
function dnsOf(cluster: string, api: readonly string[], apiInt: { addresses: string[]; error?: string }) {
  const answers = [
    { name: `api.${cluster}.example.com`, addresses: api },
    { name: `api-int.${cluster}.example.com`, ...apiInt },
  ];
  return { ...sealed, 'ingot.dns': JSON.stringify({ version: 1, answers }) };
}

const openshift = (cluster: string) => `handover: { openshift: { clusterName: ${cluster}, baseDomain: example.com } }`;
const dns = (file: string, ...flags: string[]) => site.ingot(['handover', 'dns', file, '--server', server, ...flags]);

suite('ingot handover dns', () => {
  test('right here and in the guest’s network', async () => {
    await site.template('inside', { extraConfig: dnsOf('good', both, { addresses: both }) });
    const file = await site.image(`template: { name: inside }\n${openshift('good')}`);
    const { code, stdout, stderr } = await dns(file);
    assert.equal(code, 0, stderr + stdout);
    assert.equal(
      stdout,
      [
        `From here (${server})`,
        '  api.good.example.com      192.0.2.6, 2001:db8::6',
        '  api-int.good.example.com  -> api.good.example.com 192.0.2.6, 2001:db8::6',
        '  right: api-int.good.example.com has the addresses of api.good.example.com: 192.0.2.6, 2001:db8::6 (dns.same)',
        '',
        "In the guest's network",
        '  api.good.example.com      192.0.2.6, 2001:db8::6',
        '  api-int.good.example.com  192.0.2.6, 2001:db8::6',
        '  right: api-int.good.example.com has the addresses of api.good.example.com: 192.0.2.6, 2001:db8::6 (dns.same)',
        '',
      ].join('\n'),
    );
  });

  test('other answers inside: both places, and the record that is missing there', async () => {
    const extraConfig = dnsOf('good', both, { addresses: [], error: 'DNS_ERROR_RCODE_NAME_ERROR' });
    await site.template('differs', { extraConfig });
    const file = await site.image(`template: { name: differs }\n${openshift('good')}`);
    const { code, stdout } = await dns(file, '--json');
    assert.equal(code, 1);
    const { right, views, notes } = JSON.parse(stdout);
    assert.equal(right, false);
    assert.deepEqual(
      views.map(({ from, verdict }: DnsView) => [from, verdict.code, verdict.records[0]]),
      [
        ['here', 'dns.same', undefined],
        ['guest', 'dns.missing', 'api-int.good.example.com. IN CNAME api.good.example.com.'],
      ],
    );
    assert.match(notes[0], /^api-int\.good\.example\.com is 192\.0\.2\.6, .* here and nothing in the guest's network$/);
  });

  test('nothing recorded, of other names, or no template yet: said with what to do, and here counts', async () => {
    await site.template('bare');
    await site.template('former', { extraConfig: dnsOf('records', both, { addresses: both }) });
    for (const [name, note] of [
      ['bare', /no build recorded it on \/DC0\/vm\/bare; set smokeTest\.network to that of the nodes and build again/],
      ['former', /its build asked for other names; build again/],
      ['none', /there is no template yet/],
    ] as const) {
      const file = await site.image(`template: { name: ${name} }\n${openshift('good')}`);
      const { code, stdout, stderr } = await dns(file);
      assert.equal(code, 0, stderr);
      assert.match(stdout, note);
    }
  });

  test('facts that are missing, both at once; flags give them as well', async () => {
    const file = await site.image();
    const { code, stderr } = await dns(file);
    assert.equal(code, 1);
    assert.match(stderr, /expected handover\.openshift\.clusterName .*\(handover\.missing-fact\)/);
    assert.match(stderr, /also: expected handover\.openshift\.baseDomain/);
    assert.match(stderr, /oc get -o jsonpath='\{\.status\.apiServerURL\}/);
    const flags = await dns(file, '--cluster-name', 'other', '--base-domain', 'example.com');
    assert.equal(flags.code, 1);
    assert.match(flags.stdout, /wrong: .*192\.0\.2\.99 of its own \(dns\.differs\)/);
    assert.match(flags.stdout, /^ {4}api-int\.other\.example\.com\. IN CNAME api\.other\.example\.com\.$/m);
  });

  test('a server that is none', async () => {
    const { code, stderr } = await site.ingot(['handover', 'dns', 'x.yaml', '--server', 'dns.example.com']);
    assert.equal(code, 2);
    assert.match(stderr, /Expected an IP address/);
  });

  test('flags with what is no name, and a time that no timer can wait', async () => {
    for (const [flag, value, said] of [
      ['--cluster-name', 'My cluster', /a DNS name in lower case/],
      ['--base-domain', '', /a DNS name in lower case/],
      ['--timeout', '9000h', /an hour at most/],
    ] as const) {
      const { code, stderr } = await site.ingot(['handover', 'dns', 'x.yaml', flag, value]);
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
  });
});
