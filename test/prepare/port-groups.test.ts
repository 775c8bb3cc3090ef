import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { openPrepareLab, states } from './lab-site.ts';

const site = await openPrepareLab('-pg', '2', '-cluster', '2', '-host', '3', '-standalone-host', '1');
const { govc } = site;
const hosts = ['DC0_C0_H0', 'DC0_C0_H1', 'DC0_C0_H2'].map((host) => `/DC0/host/DC0_C0/${host}`);
const nodes = { handover: { failureDomains: [{ name: 'a', region: 'r', zone: 'z' }] } };

interface HostPortGroup {
  readonly key: string;
  readonly spec: {
    readonly name: string;
    readonly vlanId: number;
    readonly vswitchName: string;
    readonly policy: object;
  };
  readonly computedPolicy: { readonly security: Readonly<Record<string, boolean>> };
}

async function standard(host: string): Promise<HostPortGroup> {
  const found: { portgroup: HostPortGroup[] } = JSON.parse(await govc('host.portgroup.info', '-json', '-host', host));
  return found.portgroup.find(({ spec }) => spec.name === 'VM Network') ?? assert.fail();
}

const allRejected = { allowPromiscuous: false, macChanges: false, forgedTransmits: false };

suite('a standard port group', () => {
  test('is set on each host of the cluster that has it, and nothing else of it changes', async () => {
    const file = await site.image('standard', { placement: { network: 'VM Network' }, ...nodes });
    const [first = ''] = hosts;
    await govc('host.portgroup.change', '-host', first, '-allow-promiscuous=true', '-vlan-id=7', 'VM Network');
    const before = await Promise.all(hosts.map(standard));
    await site.writes();

    const dry = await site.prepare(file, 'port-groups');
    assert.deepEqual(await site.writes(), []);
    assert.deepEqual(
      states(dry.rows),
      Object.fromEntries(hosts.map((host) => [`${host} port group VM Network`, 'wrong change'])),
    );
    assert.equal(
      dry.rows[0]?.found,
      'promiscuous mode Accept, MAC address changes Accept (inherited from vSwitch0), forged transmits Accept (inherited from vSwitch0)',
    );
    assert.match(dry.rows[0]?.explain ?? '', /flap between Ready and NotReady/);

    const made = await site.prepare(file, 'port-groups', '--yes');
    assert.deepEqual(
      made.rows.map(({ action }) => action),
      ['changed', 'changed', 'changed'],
    );
    assert.deepEqual(await site.writes(), ['UpdatePortGroup', 'UpdatePortGroup', 'UpdatePortGroup']);
    for (const [index, host] of hosts.entries()) {
      const now = await standard(host);
      assert.deepEqual(now.computedPolicy.security, allRejected);
      const was = before[index] ?? assert.fail();
      assert.deepEqual(
        { ...now, computedPolicy: 0, spec: { ...now.spec, policy: { ...now.spec.policy, security: 0 } } },
        { ...was, computedPolicy: 0, spec: { ...was.spec, policy: { ...was.spec.policy, security: 0 } } },
      );
    }
    assert.equal((await standard(first)).spec.vlanId, 7);
    // A host that is in no cluster of the nodes is left alone.
    assert.equal((await standard('/DC0/host/DC0_H0/DC0_H0')).computedPolicy.security.forgedTransmits, true);

    const again = await site.prepare(file, 'port-groups', '--yes');
    assert.deepEqual(
      again.rows.map(({ state, action }) => `${state} ${action}`),
      Array(3).fill('right none'),
    );
    assert.deepEqual(await site.writes(), []);
  });
});

interface Config {
  readonly [name: string]: unknown;
  readonly defaultPortConfig: Readonly<Record<string, unknown>>;
}

async function distributed(name: string): Promise<Config> {
  const [found] = JSON.parse(await govc('object.collect', '-json', `/DC0/network/${name}`, 'config'));
  return found.val;
}

const no = { inherited: false, value: false };

suite('a distributed port group', () => {
  test('that says nothing of security gets it set, and nothing else of it changes', async () => {
    const file = await site.image('distributed', { placement: { network: 'DC0_DVPG0' }, ...nodes });
    const before = await distributed('DC0_DVPG0');
    await site.writes();
    const dry = await site.prepare(file, 'port-groups');
    assert.deepEqual(states(dry.rows), { '/DC0/network/DC0_DVPG0 security policy': 'wrong change' });
    assert.equal(dry.rows[0]?.found, 'promiscuous mode not set, MAC address changes not set, forged transmits not set');
    const made = await site.prepare(file, 'port-groups', '--yes');
    assert.deepEqual(states(made.rows), { '/DC0/network/DC0_DVPG0 security policy': 'wrong changed' });
    assert.deepEqual(await site.writes(), ['ReconfigureDVPortgroup_Task']);

    const now = await distributed('DC0_DVPG0');
    const { securityPolicy, ...others } = now.defaultPortConfig;
    assert.deepEqual(securityPolicy, { inherited: false, allowPromiscuous: no, macChanges: no, forgedTransmits: no });
    assert.deepEqual({ ...now, defaultPortConfig: others }, before);
    const info = await govc('dvs.portgroup.info', '-json', '-pg', 'DC0_DVPG0', 'DVS0');
    assert.match(info, /"allowPromiscuous":\s*\{\s*"inherited":\s*false,\s*"value":\s*false/);

    await site.writes(); // govc's
    const again = await site.prepare(file, 'port-groups', '--yes');
    assert.deepEqual(states(again.rows), { '/DC0/network/DC0_DVPG0 security policy': 'right none' });
    assert.deepEqual(await site.writes(), []);
  });

  test('of several failure domains is one object; one whose network is not there hides no other', async () => {
    const domain = (name: string, compute: string, network: string) => ({
      ...{ name, region: 'r', zone: compute.toLowerCase(), compute, network },
    });
    const file = await site.image('domains', {
      handover: {
        failureDomains: [
          domain('a', 'DC0_C0', 'DC0_DVPG1'),
          domain('b', 'DC0_C1', 'DC0_DVPG1'),
          domain('c', 'DC0_C1', 'nowhere'),
        ],
      },
    });
    const { rows } = await site.prepare(file, 'port-groups');
    assert.deepEqual(states(rows), {
      '/DC0/network/DC0_DVPG1 security policy': 'wrong change',
      'nowhere not found': 'manual none',
    });
  });
});

test('every request is one that a real vCenter would take', async () => {
  await site.soapCheck();
});
