import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import type { Image } from '../image/index.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { changeOf } from './support/change.ts';
import { type FirewallRule, firewallRule, sameRule } from './support/firewall-rule.ts';
import { script, scriptFiles } from './support/script.ts';

const state = z.object({
  rules: z.array(firewallRule),
  profiles: z.array(z.object({ name: z.string(), enabled: z.boolean(), localRules: z.boolean() })),
});
const result = changeOf(state);

/** The rules of the procedure (container logs on 10250) and the image file's own, idempotent by display name. */
export const firewall = defineStep({
  id: 'firewall',
  title: ({ firewall: { rules } }) =>
    `Open the firewall: ${rules.map((rule) => `${rule.protocol} ${rule.port}`).join(', ')}`,
  needs: { shell: openssh },
  applies: (image) => image.firewall.rules.length > 0 || 'no rules asked for',
  inputs: (image) => ({ rules: image.firewall.rules.map(wantedRule) }),
  files: scriptFiles('firewall'),
  output: z.object({ changed: z.boolean(), rules: z.array(firewallRule) }),
  retryable: true,
  timeout: (image) => image.timeouts.script,
  async run(context) {
    const { changed, after, evidence } = await script(context, 'firewall', context.inputs, result);
    for (const line of evidence) context.log(line);
    return { changed, rules: after.rules };
  },
  async verify(context) {
    const { before } = await script(context, 'firewall', context.inputs, result, { test: true });
    const ignored = before.profiles.filter(({ localRules }) => !localRules);
    if (ignored.length > 0) {
      throw new IngotError(
        'firewall.group-policy',
        `expected Windows to obey its own firewall rules, found a group policy that ignores them in ${ignored.map(({ name }) => name).join(', ')}`,
        {
          evidence: before.profiles.map(({ name, localRules }) => `AllowLocalFirewallRules of ${name}: ${localRules}`),
          remedy: 'allow local rules to be merged in that policy, or put the rules into it',
        },
      );
    }
    return context.inputs.rules.map((wanted) => proveRule(wanted, before.rules));
  },
});

/** Exactly one rule of the name, and it is what was asked for. */
function proveRule(wanted: ReturnType<typeof wantedRule>, rules: readonly FirewallRule[]): string {
  const found = rules.filter(({ name }) => name.toLowerCase() === wanted.name.toLowerCase());
  const [rule] = found;
  if (rule === undefined || found.length > 1 || !sameRule(rule, wanted)) {
    const { name, protocol, port, direction, action } = wanted;
    throw new IngotError(
      'firewall.rule',
      `expected one enabled rule ${name} that says ${action} for ${protocol} ${port} ${direction.toLowerCase()}, found ${found.length === 1 ? 'another one' : found.length}`,
      {
        evidence: found.map((other) => JSON.stringify(other)),
        remedy: `look for a group policy or software in the image that rewrites the rule ${name}, then build again`,
      },
    );
  }
  return `rule ${rule.name}: ${rule.protocol} ${rule.port} ${rule.direction.toLowerCase()}, ${rule.action}, edge traversal ${rule.edgeTraversal}, profile ${rule.profile}`;
}

/** A rule as the script takes it: every field said. */
function wantedRule(rule: Image['firewall']['rules'][number]) {
  const {
    name,
    port,
    protocol,
    direction,
    action,
    profiles = ['Any'],
    remoteAddresses = ['Any'],
    program = 'Any',
  } = rule;
  const open = direction === 'Inbound' && action === 'Allow';
  return {
    ...{ name, port: String(port), protocol, direction, action },
    ...{ profiles: [...profiles], remoteAddresses: [...remoteAddresses], program },
    edgeTraversal: open ? 'Allow' : 'Block',
  };
}
