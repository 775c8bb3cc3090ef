import { z } from 'zod';
import { authorizedKey } from './authorized-key.ts';
import { customizationSchema } from './customization.ts';
import { hints, inventoryName, pattern, sha256 } from './fields.ts';

/** A VM or template: by a name that is unique in the datacenter, or by its path. */
function inventoryPath(what: string) {
  return pattern(/^[^\r\n\0]*[^\r\n\0/\s][^\r\n\0]*$/, {
    expected: `the name or inventory path of a ${what}`,
    numeric: true,
  });
}

/** Neither a datastore path nor an item of a library, which have a field of their own. */
const PACKAGE =
  /^([Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s/]+\/\S*|(?!\[)(?!library:)(?!\w{2,}:\/\/)[^\r\n\0]*\.[Oo][Vv][AaFf])$/;

export const sourceSchema = z
  .strictObject({
    template: inventoryPath('template')
      .optional()
      .describe(
        "A template: its name if that is unique in the datacenter, its path below the datacenter's vm folder, or the whole inventory path.",
      ),
    vm: inventoryPath('VM')
      .optional()
      .describe('A VM that is off, or one with a `snapshot`: named as `template` is. It is cloned and stays as it is.'),
    ovf: pattern(PACKAGE, { expected: 'a URL, or the path of an .ovf or .ova file of this machine' })
      .max(4096)
      .optional()
      .describe(
        'An .ovf (with the files that it names beside it) or .ova: a path of this machine relative to this file, or a URL (with `sha256`).',
      ),
    sha256: sha256().optional().describe('SHA-256 that the .ovf or .ova must have; needed with a URL.'),
    contentLibrary: pattern(/^[^/\r\n\0]+\/[^/\r\n\0]+$/, { expected: 'LIBRARY/ITEM', numeric: true })
      .optional()
      .describe('An item of a content library, `LIBRARY/ITEM`: a VM template or an OVF template.'),
    snapshot: inventoryName()
      .optional()
      .describe('The snapshot of `vm` or `template` that is cloned. It must be there: ingot takes none of a source.'),
    linked: z
      .boolean()
      .default(false)
      .describe(
        "A linked clone of `snapshot`: made in seconds, but it lives on the source's disks, which must stay while the master does. The template is a full copy all the same.",
      ),
    hostKeys: z
      .array(authorizedKey())
      .min(1)
      .max(20)
      .register(hints, { expected: 'a list of public host keys' })
      .optional()
      .describe(
        'Public host keys of the SSH server in the source, as `file:PATH` or literally (`ssh-ed25519 AAAA…`): for a Windows that keeps them, which a sealed template does not. Left out: they are read through VMware Tools, which needs the password of Administrator.',
      ),
    customization: customizationSchema.optional(),
  })
  .describe(
    'Windows from a template, a VM, an OVF or a content library, in place of `media`: it is cloned and worked in.',
  );

/** The keys of which there is exactly one. */
export const SOURCE_KINDS = ['template', 'vm', 'ovf', 'contentLibrary'] as const;
