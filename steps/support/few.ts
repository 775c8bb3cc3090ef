/** Lines of a proof: the first ones, and how many more there are. A record on the VM has little room. */
export function few(lines: readonly string[], most = 10): string[] {
  const more = lines.length - most;
  return more > 0 ? [...lines.slice(0, most), `and ${more} more`] : [...lines];
}
