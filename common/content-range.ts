/** What a 206 or 416 answer says of its bytes. `end` is exclusive; `size` undefined: the server does not know it. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
  readonly size: number | undefined;
}

/**
 * Reads `Content-Range: bytes FIRST-LAST/SIZE` (RFC 9110, section 14.4); `bytes *`+`/SIZE` of a 416 is an empty range.
 *
 * @returns undefined when the header is missing, malformed or contradicts itself
 */
export function parseContentRange(header: unknown): ContentRange | undefined {
  if (typeof header !== 'string') return undefined;
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(header.trim());
  if (match === null) return undefined;
  const [, first, last, total] = match;
  const size = total === undefined || total === '*' ? undefined : Number(total);
  if (first === undefined || last === undefined) return size === undefined ? undefined : { start: 0, end: 0, size };
  const [start, end] = [Number(first), Number(last) + 1];
  const sound = start < end && Number.isSafeInteger(end) && (size === undefined || end <= size);
  return sound && (size === undefined || Number.isSafeInteger(size)) ? { start, end, size } : undefined;
}
