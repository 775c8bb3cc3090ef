import { readFile, stat } from 'node:fs/promises';
import { IngotError } from '../common/failure.ts';
import type { Image } from './image.ts';
import type { Finding, Path } from './problem.ts';
import { keyFindings } from './rules/openssh.ts';
import type { AuthorizedKey } from './schema/openssh.ts';

/** Every file on this machine that the image needs, with the place that names it. */
function localFiles(image: Image): [Path, string][] {
  const files: [Path, string | undefined][] = [
    [['vcenter', 'caFile'], image.vcenter.caFile],
    [['media', 'iso'], image.media.iso?.kind === 'file' ? image.media.iso.path : undefined],
    [
      ['source', 'ovf'],
      image.source?.kind === 'ovf' && image.source.ovf.kind === 'file' ? image.source.ovf.path : undefined,
    ],
    [['media', 'caFile'], image.media.caFile],
    [['media', 'toolsIso'], image.media.toolsIso.kind === 'file' ? image.media.toolsIso.path : undefined],
    [['openssh', 'featuresOnDemand'], image.openssh.featuresOnDemand],
    [['openssh', 'archive'], image.openssh.archive],
    [['openssh', 'bastion', 'knownHosts'], image.openssh.bastion?.knownHosts],
  ];
  for (const key of ['docker', 'containerd'] as const) {
    const source = image[key]?.source;
    if (source?.kind === 'file') files.push([[key, 'archive'], source.path]);
  }
  for (const [index, { from }] of image.media.files.entries()) files.push([['media', 'files', index, 'from'], from]);
  for (const [index, { vcenter }] of image.publish.copies.entries())
    files.push([['publish', 'copies', index, 'vcenter', 'caFile'], vcenter?.caFile]);
  files.push([['publish', 'webhook', 'caFile'], image.publish.webhook?.caFile]);
  for (const [index, step] of image.steps.entries()) {
    if (step.kind === 'script') files.push([['steps', index, 'script'], step.script]);
    if (step.kind === 'upload') files.push([['steps', index, 'upload', 'from'], step.from]);
  }
  return files.flatMap(([path, file]) => (file === undefined ? [] : [[path, file]]));
}

/** Fields that may name a folder as well. */
const FOLDERS: ReadonlySet<unknown> = new Set(['from', 'featuresOnDemand']);

/** Files that are named and not there, key files that hold no public key, certificates that are none or not to be trusted. */
export async function checkFiles(image: Image): Promise<Finding[]> {
  const found = await Promise.all([
    ...localFiles(image).map(([path, file]) => checkExists(path, file, FOLDERS.has(path.at(-1)))),
    ...image.openssh.authorizedKeys.map((key, index) =>
      key.kind === 'file' ? checkKeyFile(['openssh', 'authorizedKeys', index], key.path) : [],
    ),
    ...(image.source?.hostKeys ?? []).map((key, index) =>
      key.kind === 'file' ? checkKeyFile(['source', 'hostKeys', index], key.path) : [],
    ),
    image.openssh.bastion?.publicKey?.kind === 'file'
      ? checkKeyFile(['openssh', 'bastion', 'publicKey'], image.openssh.bastion.publicKey.path)
      : [],
    checkCertificates(image),
  ]);
  return found.flat();
}

async function checkCertificates({ certificates }: Image): Promise<Finding[]> {
  if (certificates.length === 0) return [];
  const { certificateFindings } = await import('./certificates.ts');
  const found = certificates.map((source, index) => certificateFindings(source, ['certificates', index]));
  return (await Promise.all(found)).flat();
}

async function checkExists(path: Path, file: string, folderAllowed: boolean): Promise<Finding[]> {
  const stats = await stat(file).catch(() => undefined);
  const isFolder = stats?.isDirectory() === true;
  // Reading a pipe waits for who writes to it, for ever, and gives its bytes only once.
  if (stats?.isFile() === true || (folderAllowed && isFolder)) return [];
  const other = isFolder ? `a folder, ${file}` : `a pipe, a socket or a device, ${file}`;
  const found = stats === undefined ? `no file ${file}` : other;
  const extracted = path.at(-1) === 'iso' && isFolder;
  const remedy = extracted ? 'name the ISO file itself: an extracted ISO cannot be used' : 'correct the path';
  return [{ path, code: 'file.missing', expected: 'a file that is there', found, remedy }];
}

async function checkKeyFile(path: Path, file: string): Promise<Finding[]> {
  const lines = await readKeyLines(file);
  if (lines !== undefined && lines.length > 0) return lines.flatMap((line) => keyFindings(line, path));
  const found = lines === undefined ? `no readable file ${file}` : `no key in ${file}`;
  return [{ path, code: 'file.missing', expected: 'a file with a public key', found, remedy: 'correct the path' }];
}

async function readKeyLines(file: string): Promise<string[] | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text
    ?.split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

interface Keys {
  readonly openssh: Pick<Image['openssh'], 'authorizedKeys'>;
}

/**
 * The lines of `authorized_keys`: literal keys and those of the key files, each once.
 * @throws IngotError `openssh.key-file` (not there or empty), `openssh.key`, `openssh.weak-key`
 */
export function readAuthorizedKeys({ openssh }: Keys): Promise<string[]> {
  return readPublicKeys(openssh.authorizedKeys, 'openssh.authorizedKeys');
}

/**
 * The host keys that the image file knows of its source; undefined where it names none.
 * @throws IngotError as `readAuthorizedKeys`
 */
export async function readHostKeys({ source }: Pick<Image, 'source'>): Promise<string[] | undefined> {
  return source?.hostKeys && readPublicKeys(source.hostKeys, 'source.hostKeys');
}

async function readPublicKeys(written: readonly AuthorizedKey[], field: string): Promise<string[]> {
  const keys = new Set<string>();
  for (const key of written) {
    const lines = key.kind === 'key' ? [key.key] : await readKeyLines(key.path);
    if (lines === undefined || lines.length === 0) {
      const file = key.kind === 'file' ? key.path : '';
      throw new IngotError('openssh.key-file', `expected a public key in ${file}, found none`, {
        remedy: `correct ${field} in the image file`,
      });
    }
    for (const line of lines) {
      const [finding] = keyFindings(line, []);
      if (finding !== undefined) {
        const where = key.kind === 'file' ? ` in ${key.path}` : '';
        throw new IngotError(finding.code, `expected ${finding.expected}${where}, found ${finding.found}`, {
          remedy: finding.remedy,
        });
      }
      keys.add(line);
    }
  }
  return [...keys];
}
