/** Microsoft Learn, “Naming Files, Paths, and Namespaces”: these names are devices, with any extension too. */
const DEVICE = /^(con|prn|aux|nul|com[0-9\u00B9\u00B2\u00B3]|lpt[0-9\u00B9\u00B2\u00B3]|conin\$|conout\$) *(\.|$)/i;
/** MAX_PATH less the null character: Windows PowerShell 5.1 opens no longer path. */
const LONGEST_PATH = 259;
/** Digits of a digest in the name of a file under way. */
const UNDER_WAY = 32;

/** Why Windows cannot have a file or folder of this name; undefined when it can. */
export function nameProblem(name: string): string | undefined {
  const forbidden = /[<>:"/\\|?*]|\p{Cc}/u.exec(name)?.[0];
  if (forbidden !== undefined) return `the character ${JSON.stringify(forbidden)}`;
  if (/[. ]$/.test(name)) return 'a dot or a space at the end';
  if (DEVICE.test(name)) return 'the name of a device';
  if (name.length > 255) return `${name.length} characters`;
  return name === '' ? 'an empty name' : undefined;
}

/** A file under way: its path, a dot, 32 digits of its digest, `.ingot`. */
export function temporaryPath(path: string, sha256: string): string {
  return `${path}.${sha256.slice(0, UNDER_WAY)}.ingot`;
}

/** `x.<32 digits of the content's digest>.ingot`; files that are written whole have 12 random ones. */
const TEMPORARY = /\.[0-9a-f]{32}\.ingot$/;

/** Whether `path` is one of these files under way, with another content than it has now: an earlier attempt left it. */
export function isLeftOver(
  path: string,
  present: readonly { readonly path: string; readonly temporary: string }[],
): boolean {
  const name = path.toLowerCase();
  if (!TEMPORARY.test(name)) return false;
  const place = name.replace(TEMPORARY, '');
  return (
    present.some((file) => file.path.toLowerCase() === place) &&
    !present.some((file) => file.temporary.toLowerCase() === name)
  );
}

/** Why an SFTP path such as `/C:/folder` is too long for Windows; undefined when it is not. */
export function pathProblem(path: string, longest = LONGEST_PATH): string | undefined {
  const { length } = windowsPath(path);
  return length > longest ? `a path of ${length} characters, of at most ${longest}` : undefined;
}

/** The same of a file that is sent there: under way its name is longer. */
export function filePathProblem(path: string): string | undefined {
  return pathProblem(path, LONGEST_PATH - temporaryPath('', '0'.repeat(UNDER_WAY)).length);
}

/** `/C:/folder/file` as Windows writes it: `C:\folder\file`. */
export function windowsPath(path: string): string {
  return path.replace(/^\/(?=[A-Za-z]:)/, '').replaceAll('/', '\\');
}
