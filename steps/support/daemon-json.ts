import { IngotError } from '../../common/failure.ts';
import { canonicalJson, type Json } from '../../common/json.ts';
import { plainBytes } from './plain-bytes.ts';

export interface MergedDaemonJson {
  readonly bytes: Buffer;
  /** False: the file says all of it already, and stays byte for byte. */
  readonly changed: boolean;
}

type JsonObject = { readonly [key: string]: Json };

/**
 * Merges settings into `daemon.json` of Docker: objects key by key, all else replaces; what is there besides stays. The
 * result is UTF-8 without a byte order mark, which dockerd does not read.
 *
 * @throws IngotError `docker.daemon-json`: the file in the guest is no JSON object; it is left as it is
 */
export function mergeDaemonJson(content: Uint8Array | undefined, settings: JsonObject): MergedDaemonJson {
  const text = content === undefined ? '' : Buffer.from(plainBytes(content), 'latin1').toString('utf8');
  const found = text.trim() === '' ? {} : parse(text);
  const merged = merge(found, settings);
  const present = content === undefined ? undefined : Buffer.from(content);
  const readable = present !== undefined && text.trim() !== '' && Buffer.from(text, 'utf8').equals(present);
  if (readable && canonicalJson(merged) === canonicalJson(found)) return { bytes: present, changed: false };
  return { bytes: Buffer.from(`${JSON.stringify(merged, null, 2)}\n`, 'utf8'), changed: true };
}

function merge(base: Json | undefined, over: Json): Json {
  if (!isObject(over) || !isObject(base)) return over;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries(
    [...keys].map((key) => {
      const mine = Object.hasOwn(over, key) ? over[key] : undefined;
      const theirs = Object.hasOwn(base, key) ? base[key] : undefined;
      return [key, mine === undefined ? (theirs ?? null) : merge(theirs, mine)];
    }),
  );
}

function parse(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(`no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, text, cause);
  }
  if (!isObject(value)) throw broken(Array.isArray(value) ? 'a list' : 'a single value', text);
  return value;
}

function broken(found: string, text: string, cause?: unknown): IngotError {
  return new IngotError(
    'docker.daemon-json',
    `expected C:\\ProgramData\\docker\\config\\daemon.json to hold a JSON object, found ${found}`,
    {
      evidence: text.split(/\r?\n/).slice(0, 10),
      remedy: 'mend or remove the file in the image (it is left as it is), for instance with a step after: openssh',
      cause,
    },
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
