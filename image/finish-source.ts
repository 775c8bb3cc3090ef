import { resolve } from 'node:path';
import type { ParsedImage } from './schema/image.ts';
import { type MediaLocation, parseLocation } from './schema/media.ts';
import type { AuthorizedKey } from './schema/openssh.ts';
import type { Secret } from './secret.ts';

type Written = NonNullable<ParsedImage['source']>;
type WrittenCustomization = NonNullable<Written['customization']>;

interface SourceBase {
  /** Public host keys that the Windows of the source is known to have. */
  readonly hostKeys?: readonly AuthorizedKey[] | undefined;
  readonly customization?: Customization | undefined;
  /** What the image file calls it: for messages. */
  readonly name: string;
}

/** Where Windows comes from when it is not installed. Paths of this machine are absolute. */
export type Source = SourceBase &
  (
    | {
        readonly kind: 'template' | 'vm';
        /** A name or a path; see the image file's reference. */
        readonly path: string;
        readonly snapshot?: string | undefined;
        readonly linked: boolean;
      }
    | {
        readonly kind: 'ovf';
        readonly ovf: Extract<MediaLocation, { kind: 'file' | 'url' }>;
        readonly sha256?: string | undefined;
      }
    | { readonly kind: 'library'; readonly library: string; readonly item: string }
  );

/** Guest customization by vCenter: a specification that it keeps, or the fields of one, all filled in. */
export type Customization = { readonly timeout: number } & (
  | { readonly kind: 'spec'; readonly spec: string }
  | ({
      readonly kind: 'fields';
      readonly computerName: string;
      readonly organization: string;
      readonly owner: string;
    } & {
      readonly timeZone: string;
      /** Administrator's password from then on. */
      readonly password?: Secret | undefined;
    } & Pick<WrittenCustomization, 'productKey' | 'workgroup' | 'domain' | 'nics' | 'dnsSuffixes' | 'runOnce'>)
);

/** The one source that is written; the rules across fields must hold. */
export function finishSource({ source, windows }: ParsedImage, directory: string): Source | undefined {
  if (source === undefined) return undefined;
  const base = {
    hostKeys: source.hostKeys?.map(
      (key): AuthorizedKey => (key.kind === 'file' ? { kind: 'file', path: resolve(directory, key.path) } : key),
    ),
    customization: source.customization && finishCustomization(source.customization, windows),
  };
  const { template, vm, ovf, contentLibrary, snapshot, linked, sha256 } = source;
  if (ovf !== undefined) {
    const location = parseLocation(ovf);
    const place = location.kind === 'url' ? location : { kind: 'file' as const, path: resolve(directory, ovf) };
    const shown = location.kind === 'url' ? shownUrl(location.url) : ovf;
    return { ...base, kind: 'ovf', ovf: place, sha256, name: `source.ovf ${shown}` };
  }
  if (contentLibrary !== undefined) {
    const [library = '', item = ''] = contentLibrary.split('/');
    return { ...base, kind: 'library', library, item, name: `source.contentLibrary ${contentLibrary}` };
  }
  const kind = template === undefined ? 'vm' : 'template';
  const path = template ?? vm ?? '';
  return { ...base, kind, path, snapshot, linked, name: `source.${kind} ${path}` };
}

/** Without credentials, and without the query, which may be a signature: titles and records have it. */
function shownUrl(text: string): string {
  const url = URL.parse(text);
  // What cannot be read as a URL may hold a password all the same.
  return url === null ? 'URL' : `${url.origin}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

function finishCustomization(written: WrittenCustomization, windows: ParsedImage['windows']): Customization {
  const { spec, timeout, ...fields } = written;
  if (spec !== undefined) return { kind: 'spec', spec, timeout };
  return {
    ...fields,
    kind: 'fields',
    timeout,
    computerName: fields.computerName ?? windows.computerName,
    organization: fields.organization ?? windows.organization,
    owner: fields.owner ?? windows.owner,
    timeZone: fields.timeZone ?? windows.timeZone,
    password: fields.password ?? windows.administratorPassword,
  };
}
