import type { FirewallRule } from '../windows.ts';
import { invalid, type ScriptCall, type ScriptModel } from './call.ts';

/**
 * `New-NetFirewallRule` adds a rule each time it is run, so rules of one name may be there already; the contract's script
 * leaves exactly one.
 */
export const firewall: ScriptModel = (call) => {
  const { windows } = call;
  const given = call.parameters.rules;
  if (!Array.isArray(given)) throw invalid('rules', 'a list of rules');
  const wanted = given.map(readRule);
  const named = (name: string) => windows.firewall.filter((rule) => rule.name.toLowerCase() === name.toLowerCase());
  const state = () => ({
    rules: wanted.flatMap(({ name }) => named(name)).map((rule) => ({ ...rule })),
    profiles: ['Domain', 'Private', 'Public'].map((name) => ({
      name,
      enabled: true,
      localRules: call.scenario.scenario.firewall?.policy !== 'ignores-local-rules',
    })),
  });
  const before = state();
  const wrong = wanted.filter((rule) => {
    const [first, second] = named(rule.name);
    return first === undefined || second !== undefined || !same(first, rule);
  });
  if (!call.test) for (const rule of wrong) replace(call, rule);
  return {
    changed: wrong.length > 0,
    before,
    after: state(),
    rebootRequired: false,
    evidence: wrong.map((rule) => `${rule.name} was not as wanted`),
  };
};

function replace({ windows, scenario }: ScriptCall, rule: FirewallRule): void {
  windows.firewall = windows.firewall.filter(({ name }) => name.toLowerCase() !== rule.name.toLowerCase());
  // A policy that rewrites rules does so at its next refresh.
  const rewritten = scenario.scenario.firewall?.policy === 'disables-rules';
  windows.firewall.push({ ...rule, enabled: !rewritten });
}

function same(found: FirewallRule, wanted: FirewallRule): boolean {
  const text = (rule: FirewallRule) => JSON.stringify(Object.entries(rule).sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(found) === text(wanted);
}

/** The rule as Windows keeps it. */
function readRule(value: unknown): FirewallRule {
  if (value === null || typeof value !== 'object') throw invalid('rules', 'objects {name, port, protocol, …}');
  const field = (name: string) => Object.entries(value).find(([key]) => key === name)?.[1];
  const name = field('name');
  const port = String(field('port'));
  const protocol = field('protocol') ?? 'TCP';
  const direction = field('direction') ?? 'Inbound';
  const action = field('action') ?? 'Allow';
  const numbers = port.split('-').map(Number);
  if (typeof name !== 'string' || name === '') throw invalid('rules', 'a name');
  if (numbers.length > 2 || !numbers.every((number) => Number.isInteger(number) && number >= 1 && number <= 65535))
    throw invalid('rules', 'a port from 1 to 65535 or a range');
  if (protocol !== 'TCP' && protocol !== 'UDP') throw invalid('rules', 'TCP or UDP');
  if (direction !== 'Inbound' && direction !== 'Outbound') throw invalid('rules', 'Inbound or Outbound');
  if (action !== 'Allow' && action !== 'Block') throw invalid('rules', 'Allow or Block');
  const edge = field('edgeTraversal') ?? (direction === 'Inbound' && action === 'Allow' ? 'Allow' : 'Block');
  return {
    ...{ name, port, protocol, direction, action, enabled: true },
    edgeTraversal: edge === 'Allow' && direction === 'Inbound' ? 'Allow' : 'Block',
    profile: list(field('profiles'), 'Any').sort().join(','),
    remoteAddresses: list(field('remoteAddresses'), 'Any').map(asWindowsWrites),
    program: typeof field('program') === 'string' ? String(field('program')) : 'Any',
  };
}

function list(value: unknown, otherwise: string): string[] {
  return Array.isArray(value) ? value.map(String) : [otherwise];
}

/** Windows keeps an IPv4 network with its mask. */
function asWindowsWrites(address: string): string {
  const [, network = '', bits] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(address) ?? [];
  if (bits === undefined) return address;
  const mask = (0xffffffff << (32 - Number(bits))) >>> 0;
  return `${network}/${[24, 16, 8, 0].map((shift) => (mask >>> shift) & 0xff).join('.')}`;
}
