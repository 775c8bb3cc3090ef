/** Microsoft Learn, “Naming Files, Paths, and Namespaces”: these names are devices, with any extension too. */
const DEVICE = /^(con|prn|aux|nul|com[0-9\u00B9\u00B2\u00B3]|lpt[0-9\u00B9\u00B2\u00B3]|conin\$|conout\$) *(\.|$)/i;
/** MAX_PATH less the null character: Windows PowerShell 5.1 opens no longer path. */
const LONGEST_PATH = 259;

/** Why Windows cannot have a file or folder of this name; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  const forbidden = /[<>:"/\\|?*]|\p{Cc}/u.exec(name)?.[0];
  if (forbidden !== undefined) return `the character ${JSON.stringify(forbidden)}`;
  if (/[. ]$/.test(name)) return 'a dot or a space at the end';
  if (DEVICE.test(name)) return 'the name of a device';
  if (name.length > 255) return `${name.length} characters`;
  return name === '' ? 'an empty name' : undefined;
}

/** Why an SFTP path such as `/C:/folder/file` is too long for Windows; undefined when it is not. */
export function pathProblem(path: string): string | undefined {
  const { length } = windowsPath(path);
  return length > LONGEST_PATH ? `a path of ${length} characters, of at most ${LONGEST_PATH}` : undefined;
}

/** `/C:/folder/file` as Windows writes it: `C:\folder\file`. */
export function windowsPath(path: string): string {
  return path.replace(/^\/(?=[A-Za-z]:)/, '').replaceAll('/', '\\');
}
