import { z } from 'zod';
import { hints, pattern, sha256, text } from './fields.ts';

/** Where a disc image or an archive lies. `path` of a local file is absolute once the image file is loaded. */
export type MediaLocation =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'datastore'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string };

/** `[datastore] path`, an http or https URL, or a local path. */
export function parseLocation(value: string): MediaLocation {
  if (value.startsWith('[')) return { kind: 'datastore', path: value };
  if (/^https?:\/\//i.test(value)) return { kind: 'url', url: value };
  return { kind: 'file', path: value };
}

const LOCATION =
  /^(\[[^\][\r\n]*\] ?\S[^\r\n]*|[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s/]+\/\S*|(?![[\s])(?!\w{2,}:\/\/)[^\r\n\0]+)$/;

function location() {
  return z
    .string()
    .regex(LOCATION)
    .register(hints, {
      expected: 'a local path, a datastore path such as [datastore1] iso/windows.iso, or a URL',
    })
    .transform(parseLocation);
}

/** Language tags of Windows media: en-US, zh-Hans-CN. */
export function language() {
  return pattern(/^[A-Za-z]{2,3}(-[A-Za-z]{4})?-[A-Za-z]{2}$/, { expected: 'a language tag such as en-US' });
}

export const mediaSchema = z
  .strictObject({
    iso: location().describe('Windows Server ISO: a path of this machine, relative to this file.'),
    sha256: sha256().optional().describe('SHA-256 that the ISO must have. Left out: it is computed and recorded.'),
    edition: text('the NAME, EDITIONID or index of an image in install.wim')
      .optional()
      .describe(
        'NAME, EDITIONID or index of the image in `sources/install.wim`. Left out: found by `windows.edition` and `windows.installationType`.',
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
  })
  .describe('The discs that Windows and VMware Tools are installed from.');
