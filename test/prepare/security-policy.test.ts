import assert from 'node:assert/strict';
import { after, afterEach, suite, test } from 'node:test';
import { startProxy } from '../vsphere/proxy.ts';
import { openPrepareLab } from './lab-site.ts';
import { row } from './prepare-site.ts';

const site = await openPrepareLab('-nsx', '1', '-pg-nsx', '1');
const proxy = await startProxy(site.lab.env.INGOT_VAR_vcenter ?? '');
after(() => proxy.stop());
const vcenter = { server: proxy.server, caFile: proxy.caFile };
const prepare = async (network: string, ...flags: readonly string[]) =>
  site.prepare(await site.image('windows', { vcenter, placement: { network }, ...nodes }), 'port-groups', ...flags);
const nodes = { handover: { failureDomains: [{ name: 'a', region: 'r', zone: 'z' }] } };
const path = '/DC0/network/DC0_DVPG0';

afterEach(() => {
  proxy.rule = () => undefined;
});

/** Puts markup into the default port configuration that is read, before and after the change. */
function shows(before: string, after = before): { readonly sent: () => string } {
  let sent = '';
  proxy.rule = ({ method, body }) => {
    if (method === 'ReconfigureDVPortgroup_Task') sent = body;
    if (method !== 'RetrievePropertiesEx' || !body.includes('>config<')) return undefined;
    const markup = sent === '' ? before : after;
    // vcsim does not say which VMs are on a network.
    const vms = ['vm-1', 'vm-2'].map(
      (id) => `<ManagedObjectReference type="VirtualMachine">${id}</ManagedObjectReference>`,
    );
    return {
      rewrite: (answer) =>
        answer
          .replace('</defaultPortConfig>', `${markup}</defaultPortConfig>`)
          .replace(/(<name>vm<\/name><val [^>]*>)(?=<\/val>)/, `$1${vms.join('')}`),
    };
  };
  return { sent: () => sent };
}

const old = (inherited: boolean, forged: boolean) => {
  const policy = (name: string, value: boolean) =>
    `<${name}><inherited>${inherited}</inherited><value>${value}</value></${name}>`;
  return `<securityPolicy><inherited>${inherited}</inherited>${policy('allowPromiscuous', false)}${policy('macChanges', false)}${policy('forgedTransmits', forged)}</securityPolicy>`;
};
const mac = (forged: boolean, learning: boolean) =>
  `<macManagementPolicy><inherited>false</inherited><allowPromiscuous>false</allowPromiscuous><macChanges>false</macChanges><forgedTransmits>${forged}</forgedTransmits><macLearningPolicy><inherited>false</inherited><enabled>${learning}</enabled><limit>64</limit></macLearningPolicy></macManagementPolicy>`;

suite('a distributed port group', () => {
  test('whose policy is inherited and rejects all is right, and it is said where it comes from', async () => {
    shows(old(true, false));
    const { rows } = await prepare('DC0_DVPG0');
    const found = row(rows, path, 'security policy');
    assert.equal(found.state, 'right');
    assert.match(found.found, /forged transmits Reject \(inherited from the switch\)$/);
  });

  test('of vSphere 6.7 and later is changed by macManagementPolicy, with its MAC learning as it is', async () => {
    const { sent } = shows(old(false, true) + mac(true, true), old(false, false) + mac(false, true));
    const { rows } = await prepare('DC0_DVPG0', '--yes');
    const found = row(rows, path, 'security policy');
    assert.deepEqual([found.state, found.action], ['wrong', 'changed'], JSON.stringify(found));
    assert.match(found.explain, /MAC learning is on.* 2 VMs and templates are on it now/);
    assert.match(
      sent(),
      /<defaultPortConfig xsi:type="VMwareDVSPortSetting"><macManagementPolicy><inherited>false<\/inherited><allowPromiscuous>false<\/allowPromiscuous><macChanges>false<\/macChanges><forgedTransmits>false<\/forgedTransmits><macLearningPolicy>.*<enabled>true<\/enabled>.*<limit>64<\/limit>.*<\/macManagementPolicy><\/defaultPortConfig><\/spec>/,
    );
  });

  test('whose two policies differ accepts what one of them accepts', async () => {
    shows(old(false, true) + mac(false, false));
    const { rows } = await prepare('DC0_DVPG0');
    assert.match(row(rows, path, 'security policy').found, /forged transmits Accept$/);
  });

  test('that does not take the change is said to be as it was', async () => {
    shows(old(false, true));
    const { rows, code } = await prepare('DC0_DVPG0', '--yes');
    const found = row(rows, path, 'security policy');
    assert.deepEqual([found.action, found.failure?.code, code], ['failed', 'prepare.not-changed', 1]);
  });

  test('that lets single ports differ says so', async () => {
    proxy.rule = ({ method, body }) =>
      method === 'RetrievePropertiesEx' && body.includes('>config<')
        ? {
            rewrite: (answer) =>
              answer.replace('<securityPolicyOverrideAllowed>false', '<securityPolicyOverrideAllowed>true'),
          }
        : undefined;
    const { rows } = await prepare('DC0_DVPG0');
    assert.match(row(rows, path, 'security policy').explain, /Single ports may override it/);
  });
});

suite('what is NSX’s is changed by a person', () => {
  for (const [network, found] of [
    ['DC0_NSX0', 'an opaque network of NSX'],
    ['DC0_NSXPG0', 'an NSX segment'],
  ] as const) {
    test(found, async () => {
      await site.writes();
      const { rows } = await prepare(network, '--yes');
      const [only] = rows;
      assert.deepEqual([only?.state, only?.action, only?.found], ['manual', 'none', found]);
      assert.match(only?.steps.join('\n') ?? '', /NSX Manager: Networking > Segments/);
      assert.deepEqual(await site.writes(), []);
    });
  }
});
