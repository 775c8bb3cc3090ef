import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'ingot-test-lab-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export type Files = Readonly<Record<string, string | Buffer>>;

async function writeTree(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Makes a disc with genisoimage: Joliet, and what `options` add. Returns its path. */
export async function makeDisc(
  folder: string,
  name: string,
  label: string,
  files: Files,
  options: readonly string[] = [],
): Promise<string> {
  const tree = join(folder, `${name}-tree`);
  await writeTree(tree, files);
  const iso = join(folder, `${name}.iso`);
  await run('genisoimage', ['-quiet', '-J', '-joliet-long', '-D', '-V', label, ...options, '-o', iso, tree]);
  return iso;
}

export interface WindowsDiscOptions {
  /** The El Torito EFI entry points to efisys.bin, which asks for a key. */
  readonly prompt?: boolean;
  readonly images?: readonly { name: string; editionId: string; build?: number }[];
  readonly udf?: boolean;
  /** Languages in sources/lang.ini. */
  readonly languages?: readonly string[];
}

const STANDARD = [{ name: 'Windows Server SERVERSTANDARDACORE', editionId: 'ServerStandardACor' }];

/** Makes a disc shaped like Windows media, with a WIM that has only its header and XML. */
export function makeWindowsDisc(folder: string, name: string, options: WindowsDiscOptions = {}): Promise<string> {
  const sector = Buffer.alloc(2048, 1);
  const boot = options.prompt ? 'efisys.bin' : 'efisys_noprompt.bin';
  const files = {
    'boot/etfsboot.com': sector,
    'efi/boot/bootx64.efi': 'x',
    'efi/microsoft/boot/efisys.bin': sector,
    'efi/microsoft/boot/efisys_noprompt.bin': Buffer.alloc(2048, 2),
    'boot/bootfix.bin': 'x',
    'sources/boot.wim': 'x',
    'sources/lang.ini': `[Available UI Languages]\r\n${(options.languages ?? ['en-US']).map((name) => `${name} = 3\r\n`).join('')}`,
    'sources/install.wim': wim(options.images ?? STANDARD),
  };
  return makeDisc(folder, name, 'SSS_X64FREE_EN-US_DV9', files, [
    ...(options.udf ? ['-udf'] : []),
    ...['-b', 'boot/etfsboot.com', '-no-emul-boot', '-c', 'boot/boot.cat'],
    ...['-eltorito-alt-boot', '-e', `efi/microsoft/boot/${boot}`, '-no-emul-boot'],
  ]);
}

/** Makes a disc like VMware Tools'. */
export function makeToolsDisc(folder: string, name: string, version = '12.3.5.22544099'): Promise<string> {
  const drivers = 'Program Files/VMware/VMware Tools/Drivers';
  return makeDisc(folder, name, 'VMware Tools', {
    'setup64.exe': 'x',
    'tools-version.txt': `${version}\n`,
    [`${drivers}/pvscsi/Win8/amd64/pvscsi.inf`]: 'x',
  });
}

function wim(images: readonly { name: string; editionId: string; build?: number }[]): Buffer {
  const list = images.map(
    ({ name, editionId, build }, index) =>
      `<IMAGE INDEX="${index + 1}"><NAME>${name}</NAME><DESCRIPTION>${name}</DESCRIPTION><WINDOWS><ARCH>9</ARCH><EDITIONID>${editionId}</EDITIONID><INSTALLATIONTYPE>Server Core</INSTALLATIONTYPE><VERSION><MAJOR>10</MAJOR><MINOR>0</MINOR><BUILD>${build ?? 19042}</BUILD><SPBUILD>508</SPBUILD></VERSION></WINDOWS></IMAGE>`,
  );
  const xml = Buffer.from(`\uFEFF<WIM>${list.join('')}</WIM>`, 'utf16le');
  const header = Buffer.alloc(208);
  header.write('MSWIM\0\0\0', 'latin1');
  header.writeUIntLE(xml.length, 0x48, 6);
  header.writeBigUInt64LE(208n, 0x50);
  header.writeBigUInt64LE(BigInt(xml.length), 0x58);
  return Buffer.concat([header, xml]);
}
