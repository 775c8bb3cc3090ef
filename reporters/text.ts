import { stripVTControlCharacters } from 'node:util';

/** Milliseconds as a person says them: `40 ms`, `0.3 s`, `41 s`, `3 m 12 s`, `1 h 5 m`. */
export function duration(ms: number): string {
  if (ms < 95) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes in binary units: `512 B`, `1.5 GiB`. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** `2026-11-21T05:12:03.120Z` as `05:12:03Z`. */
export function clock(at: string): string {
  return `${at.slice(11, 19)}Z`;
}

/** `2026-11-21T05:12:03.120Z` as `2026-11-21 05:12Z`. */
export function dateTime(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)}Z`;
}

/**
 * Foreign text (a guest's log, a fault's message) on one line and without control characters: it could move the
 * cursor, or give commands to the CI system that reads along.
 */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim();
}

/** The text in lines of at most `width` characters, broken at blanks; a longer word stays whole, to be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** `1 step`, `2 steps`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
