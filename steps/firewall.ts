import { z } from 'zod';
import { IngotError } from '../common/failure.ts';
import { defineStep } from './define.ts';
import { openssh } from './openssh.ts';
import { script, scriptFiles } from './support/script.ts';

const result = z.object({
  changed: z.boolean(),
  rules: z.array(
    z.object({
      name: z.string(),
      port: z.number(),
      protocol: z.string(),
      enabled: z.boolean(),
      direction: z.string(),
      action: z.string(),
      edgeTraversal: z.string(),
      profile: z.string(),
    }),
  ),
});

/** The inbound rules of the procedure (container logs on 10250), idempotent by display name. */
export const firewall = defineStep({
  id: 'firewall',
  title: (image) =>
    `Open the firewall: ${image.firewall.rules.map((rule) => `${rule.protocol} ${rule.port}`).join(', ')}`,
  needs: { shell: openssh },
  applies: (image) => image.firewall.rules.length > 0 || 'no rules asked for',
  inputs: (image) => ({ rules: image.firewall.rules }),
  files: scriptFiles('firewall'),
  output: result,
  retryable: true,
  timeout: (image) => image.timeouts.script,
  run: (context) => script(context, 'firewall', context.inputs, result),
  async verify(context) {
    const { changed, rules } = await script(context, 'firewall', context.inputs, result);
    if (changed) {
      throw new IngotError(
        'firewall.unstable',
        'expected a second run to change nothing, found that it changed rules',
        {
          remedy: 'look for a policy that rewrites firewall rules',
        },
      );
    }
    return context.inputs.rules.map(({ name, port, protocol }) => {
      const found = rules.filter((rule) => rule.name === name);
      const [rule] = found;
      const fits =
        found.length === 1 &&
        rule?.port === port &&
        rule.protocol === protocol &&
        rule.enabled &&
        rule.direction === 'Inbound' &&
        rule.action === 'Allow' &&
        rule.edgeTraversal === 'Allow' &&
        rule.profile === 'Any';
      if (!fits) {
        throw new IngotError(
          'firewall.rule',
          `expected one enabled inbound rule ${name} for ${protocol} ${port} that allows it in any profile, with edge traversal`,
          {
            evidence: found.map((other) => JSON.stringify(other)),
            remedy: 'remove the other rules of this name from the image, then build again',
          },
        );
      }
      return `rule ${name}: ${protocol} ${port} inbound, edge traversal ${rule.edgeTraversal}, profile ${rule.profile}`;
    });
  },
});
