/** Sizes: a number and a binary unit, as vSphere and Windows count them. */
export const SIZE_PATTERN = /^\d{1,9}(\.\d{1,3})?\s?(KiB|MiB|GiB|TiB)$/;
/** Durations: days, hours, minutes, seconds, milliseconds, each at most once and in this order. */
export const DURATION_PATTERN = /^(?=\d)(\d{1,6}d)?(\d{1,6}h)?(\d{1,6}m(?!s))?(\d{1,6}s)?(\d{1,9}ms)?$/;

const KIB = 1024;
export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
const TIB = 1024 ** 4;

const UNITS: Readonly<Record<string, number>> = { KiB: KIB, MiB: MIB, GiB: GIB, TiB: TIB };
const MILLISECONDS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Bytes of a size such as `60GiB` or `1.5TiB`; undefined if the text is not one. */
export function parseSize(text: string): number | undefined {
  if (!SIZE_PATTERN.test(text)) return undefined;
  const unit = UNITS[text.slice(-3)];
  return unit === undefined ? undefined : Math.round(Number.parseFloat(text) * unit);
}

/** Milliseconds of a duration such as `45m`, `1h30m` or `500ms`; undefined if the text is not one. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[dhms])/g)) {
    total += Number(digits) * (MILLISECONDS[unit ?? ''] ?? 0);
  }
  return total;
}

/** The largest binary unit in which the size is a whole number: `60GiB`. */
export function formatSize(bytes: number): string {
  for (const [name, unit] of Object.entries(UNITS).reverse()) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${name}`;
  }
  return `${bytes} bytes`;
}
