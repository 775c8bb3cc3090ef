import { IngotError } from '../common/failure.ts';

/**
 * Splits a line into arguments as a POSIX shell does (words, '…', "…", \x), without expanding anything.
 * Throws `lab.arguments` if a quote is left open.
 */
export function splitArguments(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < line.length; index++) {
    const char = line.charAt(index);
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(line.charAt(index + 1))) word += line.charAt(++index);
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      word = (word ?? '') + line.charAt(++index);
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') {
    throw new IngotError('lab.arguments', `expected every quote to be closed, found an open ${quote} in: ${line}`, {
      remedy: 'close the quote in INGOT_VCSIM_ARGS',
    });
  }
  if (word !== undefined) words.push(word);
  return words;
}
