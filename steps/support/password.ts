import { randomInt } from 'node:crypto';

const classes = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnpqrstuvwxyz', '23456789', '-_.+=:'];

/**
 * A random password of 24 characters that Windows' complexity rule accepts (one of each of four classes), without
 * characters that are alike or that a shell or XML treats specially.
 */
export function randomPassword(): string {
  const all = classes.join('');
  const pick = (from: string): string => from.charAt(randomInt(from.length));
  const characters = [...classes.map(pick), ...Array.from({ length: 20 }, () => pick(all))];
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [characters[i], characters[j]] = [characters[j] ?? '', characters[i] ?? ''];
  }
  return characters.join('');
}
