import type { FirewallRule } from '../windows.ts';
import { invalid, type ScriptModel } from './call.ts';

/**
 * `New-NetFirewallRule` adds a rule each time it is run, so the model keeps duplicates if they are there already; the
 * contract's script is idempotent by name.
 */
export const firewall: ScriptModel = (call) => {
  const wanted = call.parameters.rules;
  if (!Array.isArray(wanted)) throw invalid('rules', 'a list of rules');
  let changed = false;
  const names: string[] = [];
  for (const rule of wanted) {
    const { name, port, protocol } = readRule(rule);
    names.push(name);
    const same = call.windows.firewall.filter((candidate) => candidate.name === name);
    if (same.some((candidate) => candidate.port === port && candidate.protocol === protocol && candidate.enabled))
      continue;
    changed = true;
    call.windows.firewall = call.windows.firewall.filter((candidate) => candidate.name !== name);
    call.windows.firewall.push({
      name,
      port,
      protocol,
      enabled: true,
      direction: 'Inbound',
      action: 'Allow',
      edgeTraversal: 'Allow',
      profile: 'Any',
    });
  }
  const rules = call.windows.firewall.filter((rule) => names.includes(rule.name)).map((rule) => ({ ...rule }));
  return { changed, rules };
};

function readRule(value: unknown): Pick<FirewallRule, 'name' | 'port' | 'protocol'> {
  if (value === null || typeof value !== 'object') throw invalid('rules', 'objects {name, port, protocol}');
  const name = 'name' in value ? value.name : undefined;
  const port = 'port' in value ? value.port : undefined;
  const protocol = 'protocol' in value ? value.protocol : undefined;
  if (typeof name !== 'string' || typeof port !== 'number' || (protocol !== 'TCP' && protocol !== 'UDP')) {
    throw invalid('rules', 'objects {name, port, protocol: TCP or UDP}');
  }
  return { name, port, protocol };
}
