/** A word as a POSIX shell reads it back unchanged. */
export function shellWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Lines of `export NAME=VALUE` for a POSIX shell. */
export function shellExports(env: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(env)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
    .join('');
}
