const units = [
  { word: 'd', ms: 86_400_000 },
  { word: 'h', ms: 3_600_000 },
  { word: 'min', ms: 60_000 },
  { word: 's', ms: 1000 },
] as const;

/** An age as a person says it, in whole units of which there are more than two: `45 d`, `48 h`, `12 min`. */
export function ageWords(ms: number): string {
  const { word, ms: unit } = units.find((each) => ms > 2 * each.ms) ?? units[3];
  return `${Math.max(0, Math.floor(ms / unit))} ${word}`;
}
