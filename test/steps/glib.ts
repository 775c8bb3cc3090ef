import { execFileSync, spawnSync } from 'node:child_process';

/** What GLib makes of a key file. */
export interface KeyFile {
  /** Why it refuses the file; nothing else is told then. */
  readonly error: string | null;
  /** Raw values by group and key, locales' entries (`key[de]`) among them; `null` for a value that is no UTF-8. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** What g_key_file_get_string gives for the asked key; null without an entry, or where it gives an error. */
  readonly asked: string | null;
}

// From a file, as VMware Tools load it. Names that are no UTF-8 crash PyGObject 3.42: no test may have them.
const SCRIPT = `
import base64, json, os, sys, tempfile
from gi.repository import GLib
group, key, files = json.load(sys.stdin)
flags = GLib.KeyFileFlags.KEEP_COMMENTS | GLib.KeyFileFlags.KEEP_TRANSLATIONS
def attempt(get, *names):
    try: return get(*names)
    except (GLib.Error, UnicodeDecodeError): return None
def read(path):
    found = GLib.KeyFile()
    try: found.load_from_file(path, flags)
    except GLib.Error as error: return {'error': error.message, 'values': {}, 'asked': None}
    values = {g: {k: attempt(found.get_value, g, k) for k in found.get_keys(g)[0]} for g in found.get_groups()[0]}
    return {'error': None, 'values': values, 'asked': attempt(found.get_string, group, key)}
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'tools.conf')
    out = []
    for text in files:
        with open(path, 'wb') as file: file.write(base64.b64decode(text))
        out.append(read(path))
json.dump(out, sys.stdout)`;

/** Key files as GLib reads them, in one process for all. */
export function readWithGlib(group: string, key: string, files: readonly Uint8Array[]): readonly KeyFile[] {
  const input = JSON.stringify([group, key, files.map((file) => Buffer.from(file).toString('base64'))]);
  return JSON.parse(execFileSync(pythonWithGi(), ['-c', SCRIPT], { input, encoding: 'utf8', maxBuffer: 1 << 28 }));
}

/** The Python that has PyGObject: the distribution's, which need not be the first on PATH. */
function pythonWithGi(): string {
  for (const python of ['/usr/bin/python3', 'python3'])
    if (spawnSync(python, ['-c', 'from gi.repository import GLib']).status === 0) return python;
  throw new Error('no python3 that can import gi (PyGObject), tried /usr/bin/python3 and PATH: install python3-gi');
}
