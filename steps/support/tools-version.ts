/** `12.3.5` from the number that vCenter shows for it (12389): major * 1024 + minor * 32 + patch, as VMware documents. */
export function toolsVersion(number: number): string {
  return `${number >> 10}.${(number >> 5) & 31}.${number & 31}`;
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`; only the first three numbers count. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a, b].map((version) => version.split('.').slice(0, 3).map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (x?.[i] ?? 0) - (y?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
