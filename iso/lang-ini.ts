const SECTION = /^\s*\[([^\]]*)\]/;
const LANGUAGE = /^\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]+){1,3})\s*=/;
const MOST_LANGUAGES = 200;

/**
 * The languages that Setup offers: the keys below `[Available UI Languages]` in sources/lang.ini ("Lang.ini",
 * Windows deployment documentation). The file is ANSI or UTF-16 with a byte order mark.
 */
export function availableLanguages(bytes: Buffer): readonly string[] {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = wide ? bytes.subarray(2).toString('utf16le') : bytes.toString('latin1');
  const found: string[] = [];
  let available = false;
  for (const line of text.split(/\r?\n/)) {
    const section = SECTION.exec(line)?.[1];
    if (section !== undefined) available = section.trim().toLowerCase() === 'available ui languages';
    const language = available ? LANGUAGE.exec(line)?.[1] : undefined;
    if (language !== undefined && found.length < MOST_LANGUAGES) found.push(language);
  }
  return found;
}
