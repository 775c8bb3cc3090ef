import { z } from 'zod';
import { hints, pattern, sha256, text } from './fields.ts';

/** Where a disc image or an archive lies. `path` of a local file is absolute once the image file is loaded. */
export type MediaLocation =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'datastore'; readonly path: string }
  | { readonly kind: 'library'; readonly library: string; readonly item: string }
  | { readonly kind: 'url'; readonly url: string };

/** `[datastore] path`, `library:LIBRARY/ITEM`, an http or https URL, or a local path. */
export function parseLocation(value: string): MediaLocation {
  if (value.startsWith('[')) return { kind: 'datastore', path: value };
  const [, library, item] = /^library:([^/]+)\/([^/]+)$/.exec(value) ?? [];
  if (library !== undefined && item !== undefined) return { kind: 'library', library, item };
  if (/^https?:\/\//i.test(value)) return { kind: 'url', url: value };
  return { kind: 'file', path: value };
}

const LOCATION =
  /^(\[[^\][\r\n]*\] ?\S[^\r\n]*|[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s/]+\/\S*|library:[^/\r\n\0]+\/[^/\r\n\0]+|(?![[\s])(?!library:)(?!\w{2,}:\/\/)[^\r\n\0]+)$/;

function location() {
  return z
    .string()
    .regex(LOCATION)
    .register(hints, {
      expected: 'a local path, a datastore path such as [datastore1] iso/windows.iso, library:LIBRARY/ITEM, or a URL',
    })
    .transform(parseLocation);
}

/** A path on the answer disc: `/` between names, which Joliet and Windows can both hold. */
function discPath() {
  return z
    .string()
    .regex(/^(?!.*(^|\/)\.{1,2}(\/|$))[^/\\:*?"<>|;\p{Cc}]+(\/[^/\\:*?"<>|;\p{Cc}]+)*$/u)
    .max(240)
    .register(hints, {
      expected: 'a path on the answer disc such as drivers/pvscsi, without : * ? " < > | ;',
      remedy: 'write names separated by /, relative to the root of the disc',
    });
}

/** Language tags of Windows media: en-US, zh-Hans-CN. */
export function language() {
  return pattern(/^[A-Za-z]{2,3}(-[A-Za-z]{4})?-[A-Za-z]{2}$/, { expected: 'a language tag such as en-US' });
}

export const mediaSchema = z
  .strictObject({
    iso: location()
      .optional()
      .describe(
        'Windows Server ISO: a path of this machine relative to this file, a URL (with `sha256`), `[datastore] path`, or `library:LIBRARY/ITEM` for an item of a content library. Needed, unless there is a `source`.',
      ),
    sha256: sha256()
      .optional()
      .describe('SHA-256 that the ISO must have; needed with a URL. Left out: it is computed and recorded.'),
    withoutRanges: z
      .enum(['error', 'download'])
      .default('error')
      .describe(
        'What to do when the server of `iso` cannot send a part of the file: stop, or download the whole ISO to this machine first.',
      ),
    caFile: text('the path of a PEM file')
      .optional()
      .describe('CA certificates (PEM) for the server of a URL, relative to this file, beside those of the system.'),
    edition: text('the index, NAME, EDITIONID or FLAGS of an image in install.wim')
      .register(hints, { expected: 'the index, NAME, EDITIONID or FLAGS of an image in install.wim', numeric: true })
      .optional()
      .describe(
        'Index, NAME, EDITIONID or FLAGS of the image in `sources/install.wim`. Left out: found by `windows.edition` and `windows.installationType`.',
      ),
    toolsIso: location()
      .prefault('[] /vmimages/tools-isoimages/windows.iso')
      .describe(
        "VMware Tools ISO: a path of this machine, or `[datastore] path`. The default is the one that comes with the host's ESXi.",
      ),
    language: language()
      .optional()
      .describe(
        'Language that the image on the ISO must have. Left out: `windows.uiLanguage`, which Setup needs anyway.',
      ),
    files: z
      .array(
        z.strictObject({
          from: text('the path of a file or folder').describe('File or folder, relative to this file.'),
          to: discPath()
            .optional()
            .describe(
              'Its path on the answer disc. Left out: its name; of a folder what is in it keeps its paths below.',
            ),
        }),
      )
      .max(1000)
      .register(hints, { expected: 'a list of files and folders' })
      .default([])
      .describe(
        'More files for the answer disc, such as drivers and installers: read by Setup and by the first logon.',
      ),
    drivers: z
      .array(discPath())
      .max(100)
      .register(hints, { expected: 'a list of folders on the answer disc' })
      .default([])
      .describe(
        'Folders of drivers on the answer disc, as `files` puts them there, that Windows PE loads beside those of VMware Tools (pvscsi, vmxnet3).',
      ),
  })
  .prefault({})
  .describe('The discs that Windows and VMware Tools are installed from.');
