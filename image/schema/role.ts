import { z } from 'zod';
import { hints, text } from './fields.ts';

/** What a role is made for: groups of `ingot privileges --for`. */
const ROLE_PURPOSES = ['build', 'prune', 'publish', 'prepare', 'handover'] as const;

/** The role that `ingot prepare` makes, and who gets it. */
export const roleSchema = z
  .strictObject({
    name: text('the name of a role', 80).describe(
      'Name of the role. ingot gives it exactly the privileges that it computes, and takes others away: name one that nobody else uses.',
    ),
    principal: text('an account or group, such as ingot@vsphere.local or VSPHERE.LOCAL\\ingot').describe(
      'Account or group that gets the role on the objects of this image: `ingot@vsphere.local` or `VSPHERE.LOCAL\\ingot`.',
    ),
    group: z.boolean().default(false).describe('`principal` is a group.'),
    for: z
      .array(z.enum(ROLE_PURPOSES))
      .min(1)
      .register(hints, { expected: `a list of ${ROLE_PURPOSES.join(', ')}` })
      .default(['build', 'publish'])
      .describe('What the role is for; each has privileges of its own (see privileges.md).'),
  })
  .describe('A role with exactly the privileges that ingot needs, set on the objects of this image.');
