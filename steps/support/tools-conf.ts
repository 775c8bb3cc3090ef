/**
 * Sets one key of one group in a `tools.conf` (GLib key file) and leaves every other line as it was.
 *
 * VMware Tools read `exclude-nics` only from `[guestinfo]`; a key before the first group makes GLib refuse the whole
 * file (open-vm-tools, vmtoolsConfig.c), so such lines are moved into a comment. The result is ASCII or UTF-8 without a
 * byte order mark, with the line ends the file had.
 */
export function setToolsConf(content: Uint8Array | undefined, group: string, key: string, value: string): Uint8Array {
  const text = decode(content ?? new Uint8Array());
  const eol = text.includes('\r\n') || text === '' ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop();
  const entry = `${key}=${value}`;
  const out: string[] = [];
  let current: string | undefined;
  let written = false;
  for (const line of lines) {
    const header = groupOf(line);
    if (header !== undefined) {
      if (current === group && !written) {
        insertBeforeBlank(out, entry);
        written = true;
      }
      current = header;
      out.push(line);
    } else if (current === undefined && isEntry(line)) {
      out.push(`# outside of any group: ${line}`);
    } else if (current === group && keyOf(line) === key) {
      if (!written) out.push(entry); // a second entry of the same key would win: there is only one
      written = true;
    } else {
      out.push(line);
    }
  }
  if (!written && current === group) insertBeforeBlank(out, entry);
  else if (!written) out.push(...(out.length > 0 ? [''] : []), `[${group}]`, entry);
  return new TextEncoder().encode(`${out.join(eol)}${eol}`);
}

/** The value of a key in a group as GLib reads it (the last entry wins), or undefined; undefined too for a file GLib refuses. */
export function readToolsConf(content: Uint8Array, group: string, key: string): string | undefined {
  let current: string | undefined;
  let value: string | undefined;
  for (const line of new TextDecoder().decode(content).split(/\r?\n/)) {
    const header = groupOf(line);
    if (header !== undefined) current = header;
    else if (current === undefined && isEntry(line)) return undefined;
    else if (current === group && keyOf(line) === key) value = line.slice(line.indexOf('=') + 1).trim();
  }
  return value;
}

const groupOf = (line: string): string | undefined => /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1];
const isEntry = (line: string): boolean => line.trim() !== '' && !line.trimStart().startsWith('#');
const keyOf = (line: string): string | undefined => (isEntry(line) ? /^\s*([^=\s]+)\s*=/.exec(line)?.[1] : undefined);

function insertBeforeBlank(lines: string[], entry: string): void {
  let at = lines.length;
  while (at > 0 && lines[at - 1]?.trim() === '') at--;
  lines.splice(at, 0, entry);
}

/** PowerShell 5.1 writes UTF-16 with a byte order mark unless told otherwise: read it, and never write it back. */
function decode(bytes: Uint8Array): string {
  const [a, b] = bytes;
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}
